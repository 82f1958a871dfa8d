#include "support.h"

#include "output/access.h"

static struct access_counts counts;

static int setup(void **state)
{
    (void)state;
    access_reset();
    return 0;
}

/* Takes the lines, and expects so many that count, and so many that do not. */
static const char *taken(const char *lines, unsigned good, unsigned malformed)
{
    static char bytes[4096];
    size_t len = strlen(lines);

    assert_true(len < sizeof bytes);
    memcpy(bytes, lines, len);
    bytes[access_take(bytes, len)] = '\0';
    access_copy(&counts);
    assert_int_equal(counts.lines, good + malformed);
    assert_int_equal(counts.malformed, malformed);
    return bytes;
}

/* Of the series with these labels. */
static uint64_t requests(uint32_t route, uint32_t pool, uint32_t method, uint32_t class)
{
    uint32_t key = route << 16 | pool << 8 | method << 4 | class;

    for (size_t at = 0; at < ACCESS_SERIES; at++)
        if (counts.series[at].count > 0 && counts.series[at].key == key)
            return counts.series[at].count;
    return 0;
}

static void expect_names(const struct access_names *names, const char *list)
{
    char text[200];
    int len = 0;

    for (unsigned at = 0; at < names->known; at++)
        len += snprintf(text + len, sizeof text - (size_t)len, "%.*s ", names->list[at].len, names->list[at].text);
    assert_string_equal(text, list);
}

static void requests_count_by_method_class_pool_and_route(void **state)
{
    (void)state;
    (void)taken("200 GET main /a 0.012 345 67 0.000;0.011;\n"
                "204 GET main /a 1.000 1 2 0.001;0.999;\n"
                "503 - - /a 0.000 5 6 -;-;\n"
                "000 PATCH sync /b 0.000 0 0 -;-;\n"
                "404 PATCH - - 0.000 0 0 -;-;\n", 5, 0);
    expect_names(&counts.pools, "synlua other main sync ");
    expect_names(&counts.routes, "other /a /b ");
    assert_int_equal(requests(1, 2, 1, 2), 2);
    assert_int_equal(requests(1, 0, 0, 5), 1);
    assert_int_equal(requests(2, 3, 7, 0), 1);
    assert_int_equal(requests(0, 0, 7, 4), 1);
    assert_int_equal(counts.by_pool[2].sent, 346);
    assert_int_equal(counts.by_pool[2].received, 69);
}

static void times_count_up_to_their_bounds(void **state)
{
    const struct access_pool *pool = &counts.by_pool[2];

    (void)state;
    (void)taken("200 GET p - 0.005 0 0 0.000;0.006;\n200 GET p - 60.001 0 0 -;60.000;\n", 2, 0);
    assert_int_equal(pool->request.upto[1], 1);
    assert_int_equal(pool->request.upto[ACCESS_BOUNDS], 1);
    assert_int_equal(pool->request.sum_ms, 60006);
    assert_int_equal(pool->upstream.upto[2], 1);
    assert_int_equal(pool->upstream.upto[ACCESS_BOUNDS - 1], 1);
    assert_int_equal(pool->connect.upto[0], 1);
    assert_int_equal(pool->connect.sum_ms, 0);
}

static void each_process_that_nginx_tries_adds_its_time_and_all_but_one_are_retries(void **state)
{
    const struct access_pool *pool = &counts.by_pool[2];

    (void)state;
    (void)taken("200 GET p - 0.100 0 0 -, 0.002 : 0.003;0.001, 0.004 : 0.090;\n", 1, 0);
    assert_int_equal(pool->retries, 2);
    assert_int_equal(pool->connect.sum_ms, 5);
    assert_int_equal(pool->upstream.sum_ms, 95);
    assert_int_equal(pool->upstream.upto[5], 1);
}

static void over_a_unix_socket_each_process_that_answers_connects_at_once(void **state)
{
    const struct access_pool *pool = &counts.by_pool[2];

    (void)state;
    (void)taken("200 GET p - 0.005 0 0 =;0.006;\n502 GET p - 0.005 0 0 =;0.000, 0.001;\n503 GET p - 0.000 0 0 =;-;\n", 3, 0);
    assert_int_equal(pool->connect.upto[0], 2);
    assert_int_equal(pool->connect.sum_ms, 0);
    assert_int_equal(pool->upstream.sum_ms, 7);
    assert_int_equal(pool->retries, 1);
}

static void in_json_nginx_leaves_out_what_it_has_not(void **state)
{
    (void)state;
    (void)taken("404 GET   0.000 1 0 ;;\n", 1, 0);
    assert_int_equal(requests(0, 0, 1, 4), 1);
    assert_int_equal(counts.by_pool[0].retries, 0);
    assert_int_equal(counts.by_pool[0].upstream.upto[0], 0);
}

static void what_is_no_such_line_counts_as_malformed_and_as_nothing_else(void **state)
{
    static const char *const bad[] = {
        "", "x", "200", "20 GET p r 0.001 1 2 -;-;", "600 GET p r 0.001 1 2 -;-;", "0200 GET p r 0.001 1 2 -;-;",
        "200 BREW p r 0.001 1 2 -;-;", "200 GE p r 0.001 1 2 -;-;", "200 GET  r", "200 GET p r ;;",
        "200 GET p r 0.01 1 2 -;-;", "200 GET p r 0.0001 1 2 -;-;", "200 GET p r 1 1 2 -;-;",
        "200 GET p r -0.001 1 2 -;-;", "200 GET p r 0.001 1234567890123456 2 -;-;", "200 GET p r 0.001 1  2 -;-;",
        "200 GET p r 0.001 1 2 -:-;-;", "200 GET p r 0.001 1 2 -;-", "200 GET p r 0.001 1 2 -;", "200 GET p r 0.001 1 2 -,-;-;",
        "200 GET p r 0.001 1 2 =", "200 GET p r 0.001 1 2 =;=;", "200 GET p r 0.001 1 2 =, =;-;",
        "200 GET p r 0.001 1 2 -;-;x", "200 GET p r 0.001 1 2 -;-; ", "200\tGET p r 0.001 1 2 -;-;"};
    char line[200];
    unsigned n = 0;

    (void)state;
    for (; n < sizeof bad / sizeof *bad; n++) {
        (void)snprintf(line, sizeof line, "%s\n", bad[n]);
        (void)taken(line, 0, n + 1);
    }
    expect_names(&counts.pools, "synlua other ");
    expect_names(&counts.routes, "other ");
    (void)taken("200 GET p r 0.001 1 2 -;-;\n", 1, n);
}

static void what_stands_behind_the_tab_is_left_of_good_lines_and_bad_ones(void **state)
{
    (void)state;
    assert_string_equal(taken("200 GET - - 0.000 0 0 -;-;\tone\ttwo\n200 GET - - 0.000 0 0 -;-;\n"
                              "x\tthree\n200 GET - - 0.000 0 0 -;-;\t\n", 3, 1), "one\ttwo\nthree\n\n");
    assert_string_equal(taken("200 GET /_matrix\n\n", 3, 3), "200 GET /_matrix\n\n");
    assert_string_equal(taken("", 3, 3), "");
}

static void names_that_are_too_many_or_too_long_count_as_other(void **state)
{
    char line[400], name[300];

    (void)state;
    for (int at = 0; at < 1000; at++) {
        (void)snprintf(line, sizeof line, "200 GET p%d r%d 0.000 1 0 -;-;\n", at, at);
        (void)access_take(line, strlen(line));
    }
    (void)taken("", 1000, 0);
    assert_int_equal(counts.pools.known, ACCESS_POOLS);
    assert_int_equal(counts.routes.known, ACCESS_ROUTES);
    assert_int_equal(counts.by_pool[1].sent, 1002 - ACCESS_POOLS);
    assert_int_equal(requests(0, 1, 1, 2), 1001 - ACCESS_ROUTES);
    access_reset();
    memset(name, 'x', sizeof name);
    for (int len = ACCESS_NAME - 1; len <= ACCESS_NAME; len++) {
        (void)snprintf(line, sizeof line, "200 GET p %.*s 0.000 1 0 -;-;\n", len, name);
        (void)access_take(line, strlen(line));
    }
    (void)taken("", 2, 0);
    assert_int_equal(counts.routes.known, 2);
    assert_int_equal(requests(1, 2, 1, 2), 1);
    assert_int_equal(requests(0, 2, 1, 2), 1);
}

static void a_pool_may_have_the_name_that_stands_for_nginx(void **state)
{
    (void)state;
    (void)taken("200 GET synlua other 0.000 1 0 -;-;\n200 GET - - 0.000 1 0 -;-;\n", 2, 0);
    assert_int_equal(requests(0, 0, 1, 2), 2);
}

/* Every pool on every route with every method and class would be a hundred times as many. */
static void series_are_bounded_and_no_request_is_left_out(void **state)
{
    static const unsigned status[] = {0, 100, 200, 300, 400, 500};
    uint64_t sum = 0;
    unsigned n = 0, left = 0;
    char line[100];

    (void)state;
    for (int route = 0; route < 50; route++)
        for (int pool = 0; pool < 2 * ACCESS_POOLS; pool++)
            for (int method = 0; method < ACCESS_METHODS; method++, n++) {
                (void)snprintf(line, sizeof line, "%03u %s p%d r%d 0.000 1 0 -;-;\n", status[n % 6],
                               access_methods[method], pool, route);
                assert_int_equal(access_take(line, strlen(line)), 0);
            }
    (void)taken("", n, 0);
    for (size_t at = 0; at < ACCESS_SERIES; at++) {
        sum += counts.series[at].count;
        left += counts.series[at].count == 0;
    }
    assert_int_equal(sum, n);
    assert_true(left > 0);
}

static void a_line_that_never_ended_is_malformed(void **state)
{
    (void)state;
    access_lose();
    (void)taken("", 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(requests_count_by_method_class_pool_and_route, setup),
        cmocka_unit_test_setup(times_count_up_to_their_bounds, setup),
        cmocka_unit_test_setup(each_process_that_nginx_tries_adds_its_time_and_all_but_one_are_retries, setup),
        cmocka_unit_test_setup(over_a_unix_socket_each_process_that_answers_connects_at_once, setup),
        cmocka_unit_test_setup(in_json_nginx_leaves_out_what_it_has_not, setup),
        cmocka_unit_test_setup(what_is_no_such_line_counts_as_malformed_and_as_nothing_else, setup),
        cmocka_unit_test_setup(what_stands_behind_the_tab_is_left_of_good_lines_and_bad_ones, setup),
        cmocka_unit_test_setup(names_that_are_too_many_or_too_long_count_as_other, setup),
        cmocka_unit_test_setup(a_pool_may_have_the_name_that_stands_for_nginx, setup),
        cmocka_unit_test_setup(series_are_bounded_and_no_request_is_left_out, setup),
        cmocka_unit_test_setup(a_line_that_never_ended_is_malformed, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
