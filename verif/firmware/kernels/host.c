// SPDX-License-Identifier: Apache-2.0
//
// The same kernels on the machine that builds them: what their checksums must be.

#include <stdio.h>

#include "kernels.h"

int main(void) {
  for (const struct kernel *kernel = kernels; kernel->name; kernel++) {
    printf("%s %08x\n", kernel->name, (unsigned)kernel->run());
  }
  return 0;
}
