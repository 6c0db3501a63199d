// SPDX-License-Identifier: Apache-2.0
//
// What goes on within the layer, for coverage.py: cycles in which each of EVENTS there happened, in
// its order.

  localparam int Events = 16;

  logic [Events-1:0] happens;
  logic [31:0]       happened [0:Events-1];

  logic [Streams-1:0] queue_empty, queue_full, banks_full, buffer_full, starved;
  logic [Streams-1:0] held, closed_late, ends_full, partial, overlap;

  for (genvar s = 0; s < Streams; s++) begin : g_probe
    assign queue_empty[s] = !u_layer.g_stream[s].u_engine.entry_valid;
    assign queue_full[s]  = u_layer.g_stream[s].u_engine.u_queue.count_o == Queue;
    assign banks_full[s]  = u_layer.g_stream[s].u_engine.entry_valid
                            && !u_layer.g_stream[s].u_engine.u_mac.issue;
    assign buffer_full[s] = !u_layer.ready[s];
    assign starved[s]     = !u_layer.g_stream[s].u_engine.u_window.there;
    assign partial[s]     = u_layer.g_stream[s].u_engine.entry_valid
                            && !(&u_layer.g_stream[s].u_engine.entry_slots);
    assign overlap[s]     = u_layer.g_stream[s].u_engine.u_mac.completes
                            && u_layer.g_stream[s].u_engine.u_mac.free_i;
    if (Dense == 0) begin : g_sparse
      assign held[s]        = u_layer.g_stream[s].u_engine.g_sparse.u_picker.held_q
                              && u_layer.g_stream[s].u_engine.g_sparse.u_picker.full_q
                              && u_layer.g_stream[s].u_engine.g_sparse.u_picker.none
                              && !u_layer.g_stream[s].u_engine.g_sparse.u_picker.closed_q;
      assign closed_late[s] = held[s] && u_layer.g_stream[s].u_engine.g_sparse.u_picker.ends;
      assign ends_full[s]   = !u_layer.g_stream[s].u_engine.g_sparse.end_ready;
    end else begin : g_dense
      assign held[s]        = 1'b0;
      assign closed_late[s] = 1'b0;
      assign ends_full[s]   = 1'b0;
    end
  end

  assign happens = {
    u_layer.last && (|u_layer.empty) && !(&u_layer.empty),  // 15: some streams empty, not all
    u_layer.last && (&u_layer.empty),                       // 14: empty window drained
    (|u_layer.done) && !(&u_layer.done),                    // 13: a stream waits for another
    (&u_layer.done) && !u_layer.next && !u_layer.u_drain.enable,  // 12: drain stopped
    |overlap,                                               // 11: bank completes as one is freed
    |partial,                                               // 10: entry with a free slot
    |ends_full,                                             // 9
    |closed_late,                                           // 8: last entry known after it was made
    |held,                                                  // 7: entry held over an empty vector
    |starved,                                               // 6: scan waits for input
    |buffer_full,                                           // 5
    |banks_full,                                            // 4
    |queue_full,                                            // 3
    |queue_empty,                                           // 2
    out_valid && !out_ready,                                // 1
    in_valid && !in_ready                                   // 0
  };

  for (genvar i = 0; i < Events; i++) begin : g_event
    initial happened[i] = '0;
    always_ff @(posedge clk) if (rst_n && happens[i]) happened[i] <= happened[i] + 32'd1;
  end
