/* Memory that only the start needed. */
#pragma once

/* Returns free memory to the kernel. Lets the pages of our own program and of its libraries go that nobody can have
   written to: code, and the tables that the linker read. What is needed of them again comes from the file again. */
void pages_give_back(void);
