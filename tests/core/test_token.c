#include "support.h"

#include "output/token.h"

static void expect(const char *text, const char *left)
{
    char bytes[1000];

    (void)snprintf(bytes, sizeof bytes, "%s", text);
    token_hide(bytes, strlen(bytes));
    assert_string_equal(bytes, left);
    token_hide(bytes, strlen(bytes));
    assert_string_equal(bytes, left);
}

static void the_value_of_a_token_is_hidden_and_nothing_else(void **state)
{
    (void)state;
    expect("", "");
    expect("a line without any\n", "a line without any\n");
    expect("request: \"GET /x?access_token=syt_YQ_b.1~&since=s1 HTTP/1.1\"\nb\n",
           "request: \"GET /x?access_token=***********&since=s1 HTTP/1.1\"\nb\n");
    expect("?loginToken=abc HTTP, ?login_token=abc\"", "?loginToken=*** HTTP, ?login_token=***\"");
    expect("access_token=a access_token=b\naccess_token=\n", "access_token=* access_token=*\naccess_token=\n");
    expect("access_token=<redacted>&a", "access_token=<redacted>&a");
}

static void what_comes_in_pieces_is_hidden_once_it_is_together(void **state)
{
    (void)state;
    expect("?access_token=**", "?access_token=**");
    expect("?access_token=**cd e", "?access_token=**** e");
    expect("?access_tok", "?access_tok");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_value_of_a_token_is_hidden_and_nothing_else),
        cmocka_unit_test(what_comes_in_pieces_is_hidden_once_it_is_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
