/* pages.h: memory that the system has not given yet.
 *
 * A page of new memory is given at the first write to it, by an interrupt of the program: half of what filling new
 * memory costs. Asked for together, pages cost half of that.
 *
 * Promise: fi_pages_ask() changes no value and never fails. Where the system knows the request (Linux from 5.14 on), all
 * pages that [first, end) touches are there afterwards, unless memory ends; elsewhere nothing happens. */
#ifndef FI_PAGES_H
#define FI_PAGES_H

void fi_pages_ask(char *first, char *end);

#endif
