// SPDX-License-Identifier: Apache-2.0
//
// Runs the network on every image that the bench put in place, with a marker after each layer.

#include "network.h"
#include "soc.h"

struct settings settings __attribute__((section(".input")));
uint32_t image_count __attribute__((section(".input")));
uint8_t images[1][PIXELS] __attribute__((section(".input.images"), aligned(4)));  // as many as fit behind it

int8_t c3_output[C3_SIDE * C3_SIDE * C3_OUT] __attribute__((aligned(4)));
int8_t c5_output[C5_OUT] __attribute__((aligned(4)));
int8_t f6_output[F6_OUT] __attribute__((aligned(4)));
int32_t logits[CLASSES];
uint32_t counts[3];

int main(void) {
  for (uint32_t i = 0; i < image_count; i++) {
    marker(MARKER_IMAGE_BEGIN, i);
    counts[0] = counts[1] = counts[2] = 0;
    prepare(images[i]);
    for (int layer = 0; layer < LAYERS; layer++) {
      run_layer(layer);
      marker(MARKER_LAYER_END, layer);
    }
    marker(MARKER_IMAGE_END, i);
  }
  return 0;
}
