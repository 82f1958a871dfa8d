/* Memory for many small blocks, which one thread asks for and gives back: Lua's. A small block takes no more than its
   size, rounded up, and a few instructions. Its memory comes from the kernel in large pieces that are filled at once,
   because each page that is filled alone is a fault. What is given back is kept for other small blocks; the kernel gets
   it only on request. Everything else is malloc's, also where the kernel refuses the pool its address space. */
#pragma once

#include <stddef.h>

/* Like realloc of a block that has `before` bytes. With size 0 it gives the block back and returns NULL. A block may
   come from malloc, and a block that becomes no larger always succeeds. */
void *pool_resize(void *block, size_t before, size_t size);

/* Returns the pages without a block to the kernel. They are filled one by one when they are needed again. */
void pool_give_back(void);
