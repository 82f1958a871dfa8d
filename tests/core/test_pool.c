#include "support.h"

#include "bind/pool.h"

#define BLOCKS 20000

static size_t size_of(size_t at)
{
    return 1 + at * 7 % 300; /* small ones, and some that are malloc's */
}

static void expect_all(const unsigned char *block, size_t len, unsigned char byte)
{
    size_t at;

    for (at = 0; at < len; at++)
        assert_int_equal(block[at], byte);
}

static void no_block_lies_in_another(void **state)
{
    static unsigned char *blocks[BLOCKS];
    size_t at;

    (void)state;
    for (at = 0; at < BLOCKS; at++) {
        blocks[at] = pool_resize(NULL, 0, size_of(at));
        assert_non_null(blocks[at]);
        assert_int_equal((uintptr_t)blocks[at] % 16, 0);
        memset(blocks[at], (int)(at % 251), size_of(at));
    }
    for (at = 0; at < BLOCKS; at += 2) { /* every other one becomes another */
        assert_null(pool_resize(blocks[at], size_of(at), 0));
        blocks[at] = pool_resize(NULL, 0, size_of(at));
        memset(blocks[at], (int)(at % 251), size_of(at));
    }
    for (at = 0; at < BLOCKS; at++) {
        expect_all(blocks[at], size_of(at), (unsigned char)(at % 251));
        assert_null(pool_resize(blocks[at], size_of(at), 0));
    }
}

static void a_block_keeps_its_bytes_when_its_size_changes(void **state)
{
    static const size_t SIZES[] = {1, 16, 17, 255, 256, 257, 5000, 100000, 4000, 257, 256, 30, 29, 1};
    size_t at, before = 0;
    unsigned char *block = NULL;

    (void)state;
    for (at = 0; at < sizeof SIZES / sizeof *SIZES; at++) {
        block = pool_resize(block, before, SIZES[at]);
        assert_non_null(block);
        expect_all(block, before < SIZES[at] ? before : SIZES[at], 'x');
        memset(block, 'x', SIZES[at]);
        before = SIZES[at];
    }
    assert_null(pool_resize(block, before, 0));
    assert_null(pool_resize(NULL, 0, 0));
}

static void a_block_of_malloc_is_taken_in(void **state)
{
    unsigned char *block = malloc(40), *other = malloc(40);

    (void)state;
    assert_non_null(block);
    assert_non_null(other);
    memset(block, 'x', 40);
    block = pool_resize(block, 40, 80);
    expect_all(block, 40, 'x');
    assert_null(pool_resize(block, 80, 0));
    assert_null(pool_resize(other, 40, 0));
}

static unsigned char *filled_block(size_t at)
{
    unsigned char *block = pool_resize(NULL, 0, size_of(at));

    assert_non_null(block);
    memset(block, (int)(at % 251), size_of(at));
    return block;
}

static void what_is_returned_to_the_kernel_holds_no_block(void **state)
{
    static unsigned char *blocks[BLOCKS];
    size_t at, round;

    (void)state;
    for (at = 0; at < BLOCKS; at++)
        blocks[at] = filled_block(at);
    for (round = 0; round < 3; round++) {
        for (at = 0; at < BLOCKS; at++) /* pieces of all sizes, and some whole pages */
            if ((at / 1000 + round) % 2 == 0 || at % 3 == 0)
                assert_null(pool_resize(blocks[at], size_of(at), 0));
        pool_give_back();
        for (at = 0; at < BLOCKS; at++)
            if ((at / 1000 + round) % 2 == 0 || at % 3 == 0)
                blocks[at] = filled_block(at);
        for (at = 0; at < BLOCKS; at++)
            expect_all(blocks[at], size_of(at), (unsigned char)(at % 251));
    }
    for (at = 0; at < BLOCKS; at++)
        assert_null(pool_resize(blocks[at], size_of(at), 0));
}

/* Sanitizers keep each block that was given back for a while, and end the program where a size is too large. */
#ifndef __SANITIZE_ADDRESS__
static void a_block_that_was_given_back_is_the_next_of_its_size(void **state)
{
    void *block = pool_resize(NULL, 0, 100);

    (void)state;
    assert_null(pool_resize(block, 100, 0));
    assert_ptr_not_equal(pool_resize(NULL, 0, 90), block);
    assert_ptr_equal(pool_resize(NULL, 0, 97), block);
    assert_null(pool_resize(block, 97, 0));
}

static long resident_pages(void)
{
    long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld %ld", &size, &resident), 2);
    assert_int_equal(fclose(file), 0);
    return resident;
}

static void pages_without_a_block_are_returned_on_request(void **state)
{
    static void *blocks[BLOCKS * 2];
    size_t at;
    long before;

    (void)state;
    for (at = 0; at < BLOCKS * 2; at++)
        blocks[at] = pool_resize(NULL, 0, 256);
    for (at = 0; at < BLOCKS * 2; at++)
        assert_null(pool_resize(blocks[at], 256, 0));
    before = resident_pages();
    pool_give_back();
    assert_true(before - resident_pages() > (long)(BLOCKS * 2 * 256 / 4096 * 9 / 10));
    for (at = 0; at < BLOCKS * 2; at++) { /* their addresses are used again */
        blocks[at] = pool_resize(NULL, 0, 16);
        assert_non_null(blocks[at]);
    }
    for (at = 0; at < BLOCKS * 2; at++)
        assert_null(pool_resize(blocks[at], 16, 0));
}

static void what_cannot_fit_leaves_the_block(void **state)
{
    unsigned char *block = pool_resize(NULL, 0, 3);

    (void)state;
    memset(block, 'x', 3);
    assert_null(pool_resize(block, 3, SIZE_MAX / 2));
    expect_all(block, 3, 'x');
    assert_null(pool_resize(block, 3, 0));
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_block_lies_in_another),
        cmocka_unit_test(a_block_keeps_its_bytes_when_its_size_changes),
        cmocka_unit_test(a_block_of_malloc_is_taken_in),
        cmocka_unit_test(what_is_returned_to_the_kernel_holds_no_block),
#ifndef __SANITIZE_ADDRESS__
        cmocka_unit_test(a_block_that_was_given_back_is_the_next_of_its_size),
        cmocka_unit_test(pages_without_a_block_are_returned_on_request),
        cmocka_unit_test(what_cannot_fit_leaves_the_block),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
