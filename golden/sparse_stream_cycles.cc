// SPDX-License-Identifier: Apache-2.0
//
// Clock-cycle model of sparse_stream: a chain of layers, each with the FIFO in front of it, line
// buffers, scanners, pickers, queues, multipliers, drain, pool and packer.
//
// It knows how many activations of each pixel are not zero, not what they are: time depends on
// nothing else. In each cycle the stages are visited from the last to the first, as ready signals
// go; a stage sees registers of others as they were at the clock edge.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

// One layer; golden/sparse_stream_cycles.py fills it. counts: uint16
// [images][height][width][channel groups][streams], lanes that the picker takes.
struct Layer {
  const uint16_t* counts;
  int32_t height, width, kernel, stride, padding, pool, filters;
  int32_t streams, channel_groups, pixels, slots, groups, queue, banks, fifo, out_values;
  int32_t columns, logits, dense;
};

// What became of a layer, summed over all cycles; stream cycles are summed over the streams.
struct Tally {
  int64_t products;        // multiplications
  int64_t working;         // stream cycles in which the multipliers had an entry
  int64_t starved;         // stream cycles without an entry in the queue
  int64_t blocked;         // stream cycles with an entry but without a free bank
  int64_t drain_stopped;   // cycles in which a value could not leave because of what follows
  int64_t input_refused;   // cycles in which a beat waited in front of the line buffer
  int64_t input_missing;   // cycles in which the line buffer waited for a beat
  int64_t fifo_sum;        // beats in the FIFO, summed over the cycles
  int64_t fifo_most;       // most beats in the FIFO
};

namespace {

// First in, first out; a word shows in the cycle after it came in. With a depth of one, ready passes
// through from the reader, which has been visited before.
template <typename Word>
class Fifo {
 public:
  explicit Fifo(int depth) : words_(depth) {}
  bool valid() const { return count_ > 0; }
  int count() const { return count_; }
  const Word& head() const { return words_[head_]; }
  bool ready() const { return (int)words_.size() == 1 ? !count_ || popped_ : count_ < (int)words_.size(); }
  void pop() { popped_ = true; }
  void push(const Word& word) {
    pushed_ = true;
    incoming_ = word;
  }
  void clock() {
    if (popped_) {
      if (++head_ == (int)words_.size()) head_ = 0;
      count_--;
    }
    if (pushed_) {
      int tail = head_ + count_;
      if (tail >= (int)words_.size()) tail -= words_.size();
      words_[tail] = incoming_;
      count_++;
    }
    popped_ = pushed_ = false;
  }

 private:
  std::vector<Word> words_;
  Word incoming_{};
  int head_ = 0, count_ = 0;
  bool popped_ = false, pushed_ = false;
};

struct Vector {
  int lanes;  // to be picked
  bool last;  // of its window
};

struct Entry {
  int lanes;
  bool first, last;  // of its window
};

int rows_of(const Layer& l) { return (l.height + 2 * l.padding - l.kernel) / l.stride + 1; }
int columns_of(const Layer& l) { return (l.width + 2 * l.padding - l.kernel) / l.stride + 1; }
int64_t row_words(const Layer& l) { return (int64_t)(l.width / l.pixels) * l.channel_groups; }

// Scanner of one stream: windows, their vectors, and the rows of the line buffer that they hold.
class Scanner {
 public:
  Scanner(const Layer& layer, int stream, int64_t images)
      : l(layer), stream_(stream), images_(images), words_(row_words(layer)),
        rows_(rows_of(layer)), columns_(columns_of(layer)) {
    start_window();
  }

  // Words of the input before the one the line buffer has no room for.
  int64_t limit() const {
    return (image_ * l.height + std::max(0, top())) * words_ + words_ * (l.kernel + l.stride);
  }

  bool valid = false;
  Vector vector{};

  // taken: the picker takes the vector in this cycle. words_in: words in the line buffer so far.
  void step(bool taken, int64_t words_in) {
    if (valid && !taken) return;
    valid = false;
    if (image_ == images_) return;
    const int64_t row = image_ * l.height + top() + dy_;
    if (row * words_ + group_ * l.channel_groups + channel_ >= words_in) return;
    const bool row_end = channel_ == l.channel_groups - 1 && (group_ + 1) * l.pixels >= right();
    vector.last = row_end && dy_ == std::min(l.kernel, l.height - top()) - 1;
    // Words that no window needs must have come, too, before their rows are given back.
    if (vector.last && column_ == columns_ - 1 && next_line() * words_ > words_in) return;
    valid = true;
    vector.lanes = lanes(row);
    if (vector.last) {
      next_window();
    } else if (row_end) {
      dy_++;
      start_row();
    } else if (++channel_ == l.channel_groups) {
      channel_ = 0;
      group_++;
    }
  }

 private:
  int top() const { return row_ * l.stride - l.padding; }
  int left() const { return column_ * l.stride - l.padding; }
  // First row of the map, counted over all images, that the next line of windows needs.
  int64_t next_line() const {
    const int64_t first = image_ * l.height;
    return row_ == rows_ - 1 ? first + l.height : first + std::max(0, top() + l.stride);
  }

  int right() const { return std::min(l.width, left() + l.kernel); }

  int lanes(int64_t row) const {
    const int first = std::max(std::max(0, left()), group_ * l.pixels);
    const int end = std::min(right(), (group_ + 1) * l.pixels);
    int sum = 0;
    for (int x = first; x < end; x++)
      sum += l.counts[((row * l.width + x) * l.channel_groups + channel_) * l.streams + stream_];
    return sum;
  }

  void start_window() {
    dy_ = std::max(0, -top());
    start_row();
  }

  void start_row() {
    group_ = std::max(0, left()) / l.pixels;
    channel_ = 0;
  }

  void next_window() {
    if (++column_ == columns_) {
      column_ = 0;
      if (++row_ == rows_) {
        row_ = 0;
        image_++;
      }
    }
    start_window();
  }

  const Layer& l;
  const int stream_;
  const int64_t images_, words_;
  const int rows_, columns_;
  int64_t image_ = 0;
  int row_ = 0, column_ = 0, dy_ = 0, group_ = 0, channel_ = 0;
};

// One stream, from its line buffer to its accumulators.
class Engine {
 public:
  Engine(const Layer& layer, int stream, int64_t images)
      : l(layer), scanner(layer, stream, images), queue_(layer.queue),
        ends_(layer.queue + layer.banks + 1) {}

  // Registers that the drain looks at: a window is complete, or known to be empty.
  bool done() const {
    return l.dense ? complete_ > 0 : ends_.valid() && (ends_.head() || complete_ > 0);
  }

  // freed: the drain takes the last sum of a window.
  void step(bool freed, int64_t words_in, Tally* tally) {
    const bool bank = freed && (l.dense || !ends_.head());
    multiply(tally);
    const bool taken = l.dense ? deal() : pick();
    scanner.step(taken, words_in);
    used_ -= bank;
    complete_ -= bank;
    if (freed && !l.dense) ends_.pop();
    queue_.clock();
    ends_.clock();
  }

 private:
  void multiply(Tally* tally) {
    complete_ += completing_ >> 1;
    completing_ = completing_ << 1 & 2;
    if (!queue_.valid()) {
      tally->starved++;
      return;
    }
    const Entry& entry = queue_.head();
    if (!group_ && entry.first && used_ == l.banks) {
      tally->blocked++;
      return;
    }
    used_ += !group_ && entry.first;
    tally->working++;
    tally->products += (int64_t)entry.lanes * l.columns;
    if (++group_ < l.groups) return;
    group_ = 0;
    completing_ |= entry.last;
    queue_.pop();
  }

  // Returns whether the vector register can take a vector.
  bool pick() {
    const bool none = vector_.lanes == 0, done = vector_.lanes <= l.slots;
    const bool ends = full_ && done && vector_.last;
    const bool end_ready = !ends || ends_.ready();
    const bool load = full_ && !none && (!held_ || queue_.ready()) && end_ready;
    const bool go = load || (full_ && none && end_ready);
    const bool sends = held_ && (closed_ || (full_ && !none && end_ready)) && queue_.ready();
    if (sends) queue_.push({entry_.lanes, entry_.first, closed_});
    if (ends && go) ends_.push(none && !open_);
    if (load) entry_ = {std::min(vector_.lanes, l.slots), !open_, false};
    held_ = load || (held_ && !sends);
    if (load)
      closed_ = ends;
    else if (go && ends)
      closed_ = true;
    if (go) {
      open_ = !ends && (open_ || !none);
      vector_.lanes -= std::min(vector_.lanes, l.slots);
    }
    return take(!full_ || (go && done));
  }

  bool deal() {
    const bool done = vector_.lanes <= l.slots, go = full_ && queue_.ready();
    if (go) {
      queue_.push({std::min(vector_.lanes, l.slots), !open_, vector_.last && done});
      open_ = !(vector_.last && done);
      vector_.lanes -= std::min(vector_.lanes, l.slots);
    }
    return take(!full_ || (go && done));
  }

  bool take(bool ready) {
    if (!ready) return false;
    full_ = scanner.valid;
    vector_ = scanner.vector;
    return true;
  }

  const Layer& l;

 public:
  Scanner scanner;

 private:
  Fifo<Entry> queue_;
  Fifo<uint8_t> ends_;  // of each window: whether it is empty
  // Picker or dealer.
  bool full_ = false, held_ = false, closed_ = false, open_ = false;
  Vector vector_{};
  Entry entry_{};
  // Multipliers: groups done of the entry, banks begun, banks complete, and the last products of a
  // window on their way through two registers.
  int group_ = 0, used_ = 0, complete_ = 0, completing_ = 0;
};

// What follows the accumulators: drain, pool and packer.
class Tail {
 public:
  explicit Tail(const Layer& layer)
      : l(layer), stages_(layer.logits ? 2 : 4), rows_(rows_of(layer)), columns_(columns_of(layer)) {}

  bool sends = false;  // a beat is handed over in this cycle
  bool frees = false;  // the last sum of a window leaves its bank

  // done: of all streams. sink: the next stage is ready.
  void step(bool done, bool sink, Tally* tally) {
    sends = packed_ && sink;
    const bool completes = kept_ == l.out_values - 1;
    const bool packer_ready = !completes || !packed_ || sink;
    const bool value = l.pool ? pooled_ && pooled_ends_ : drained();
    const bool pool_ready = l.pool ? !pooled_ || !pooled_ends_ || packer_ready : packer_ready;
    const bool enable = !drained() || pool_ready;
    if (l.pool) pool(drained() && pool_ready, packer_ready);
    packed_ = (value && packer_ready && completes) || (packed_ && !sink);
    if (value && packer_ready) kept_ = completes ? 0 : kept_ + 1;
    frees = false;
    if (!enable) {
      tally->drain_stopped += done;
      return;
    }
    pipe_ = (pipe_ << 1 | (unsigned)done) & ((1u << stages_) - 1);
    if (!done || ++filter_ < l.filters) return;
    filter_ = 0;
    frees = true;
  }

 private:
  bool drained() const { return pipe_ >> (stages_ - 1) & 1; }

  void pool(bool take, bool packer_ready) {
    pooled_ = take || (pooled_ && pooled_ends_ && !packer_ready);
    if (!take) return;
    pooled_ends_ = (row_ & 1) && (column_ & 1);
    if (++channel_ < l.filters) return;
    channel_ = 0;
    if (++column_ < columns_) return;
    column_ = 0;
    if (++row_ == rows_) row_ = 0;
  }

  const Layer& l;
  const int stages_, rows_, columns_;
  unsigned pipe_ = 0;
  int filter_ = 0;
  bool pooled_ = false, pooled_ends_ = false;
  int row_ = 0, column_ = 0, channel_ = 0;
  int kept_ = 0;
  bool packed_ = false;
};

// A layer and the FIFO in front of it.
class Stage {
 public:
  Stage(const Layer& layer, int64_t images, Tally* tally, int64_t* starts, int64_t* ends)
      : l(layer), tally_(tally), starts_(starts), ends_(ends), fifo_(layer.fifo), tail_(layer),
        image_words_(row_words(layer) * layer.height),
        image_beats_((int64_t)rows_of(layer) * columns_of(layer) * layer.filters /
                     (layer.pool ? 4 : 1) / layer.out_values),
        words_(image_words_ * images), beats_(image_beats_ * images) {
    for (int s = 0; s < l.streams; s++) engines_.emplace_back(layer, s, images);
  }

  bool finished() const { return beats_out_ == beats_; }
  bool ready() const { return fifo_.ready(); }
  void push() { fifo_.push(true); }

  // One cycle; returns whether a beat is handed over. sink: the next stage is ready.
  bool step(int64_t now, bool sink) {
    bool done = true;
    int64_t limit = INT64_MAX;
    for (const Engine& engine : engines_) {
      done = done && engine.done();
      limit = std::min(limit, engine.scanner.limit());
    }
    tail_.step(done, sink, tally_);
    for (Engine& engine : engines_) engine.step(tail_.frees, words_in_, tally_);
    input(now, words_in_ < limit);
    if (tail_.sends && ++beats_out_ % image_beats_ == 0) ends_[beats_out_ / image_beats_ - 1] = now;
    return tail_.sends;
  }

  void clock() { fifo_.clock(); }

 private:
  void input(int64_t now, bool room) {
    tally_->fifo_sum += fifo_.count();
    tally_->fifo_most = std::max<int64_t>(tally_->fifo_most, fifo_.count());
    if (words_in_ == words_) return;
    if (!fifo_.valid() || !room) {
      (room ? tally_->input_missing : tally_->input_refused)++;
      return;
    }
    fifo_.pop();
    if (words_in_ % image_words_ == 0) starts_[words_in_ / image_words_] = now;
    words_in_++;
  }

  const Layer& l;
  Tally* tally_;
  int64_t *starts_, *ends_;
  Fifo<uint8_t> fifo_;
  std::vector<Engine> engines_;
  Tail tail_;
  const int64_t image_words_, image_beats_, words_, beats_;
  int64_t words_in_ = 0, beats_out_ = 0;
};

}  // namespace

extern "C" {

// Runs a chain of layers until the last has sent all images, or for `limit` cycles; the first
// layer's FIFO is always full, the last layer's output always taken. tallies: [layers]; starts and
// ends: [layers][images], cycle of the first beat taken and of the last beat sent. Returns cycles.
int64_t simulate(const Layer* layers, int32_t count, int64_t images, int64_t limit,
                 Tally* tallies, int64_t* starts, int64_t* ends) {
  std::vector<Stage> stages;
  stages.reserve(count);
  std::memset(tallies, 0, sizeof(Tally) * count);
  for (int i = 0; i < count; i++)
    stages.emplace_back(layers[i], images, tallies + i, starts + i * images, ends + i * images);
  int64_t now = 0;
  for (; now < limit && !stages.back().finished(); now++) {
    for (int i = count - 1; i >= 0; i--) {
      const bool sink = i + 1 == count || stages[i + 1].ready();
      if (stages[i].step(now, sink) && i + 1 < count) stages[i + 1].push();
    }
    if (stages[0].ready()) stages[0].push();
    for (Stage& stage : stages) stage.clock();
  }
  return now;
}

}  // extern "C"
