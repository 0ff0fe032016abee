/* pages.h: memory that the system has not given yet.
 *
 * A page of new memory is given at the first write to it, by an interrupt of the program: half of what filling new
 * memory costs. Asked for together, pages cost half of that; but asking for those that are there costs as much as a fill.
 *
 * Promise: neither function changes a value, and neither fails. */
#ifndef FI_PAGES_H
#define FI_PAGES_H

/* Whether the page of an address is known not to be in memory. False wherever this cannot be told. */
int fi_page_is_absent(char *address);

/* Where the system knows the request (Linux from 5.14 on), all pages that [first, end) touches are there afterwards,
 * unless memory ends; elsewhere nothing happens. */
void fi_pages_ask(char *first, char *end);

#endif
