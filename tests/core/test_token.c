#include "support.h"

#include "output/token.h"

static void expect(const char *text, const char *left)
{
    char bytes[5000];

    (void)snprintf(bytes, sizeof bytes, "%s", text);
    bytes[token_hide(bytes, strlen(bytes))] = '\0';
    assert_string_equal(bytes, left);
    bytes[token_hide(bytes, strlen(bytes))] = '\0';
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

static void so_is_whatever_else_says_who_a_client_is(void **state)
{
    (void)state;
    expect("?token=ab&refresh_token=cd&client_secret=ef&sid=1 &code=ab&ticket=cd",
           "?token=**&refresh_token=**&client_secret=**&sid=1 &code=**&ticket=**");
    expect("code=7 token=x ACCESS_TOKEN=a", "code=7 token=x ACCESS_TOKEN=*");
    expect("header line: \"Authorization: Bearer abc\", previous value: \"authorization:Basic x=\" while",
           "header line: \"Authorization: **********\", previous value: \"authorization:********\" while");
    expect("\"Cookie: a=b\\r...\" while, Set-Cookie: c=d\nb", "\"Cookie: ***\\r...\" while, Set-Cookie: ***\nb");
    expect("Authorization: X-Matrix origin=\"a\",key=\"ed25519:1\",sig=\"abc/+\"",
           "Authorization: X-Matrix origin=\"a\",key=\"ed25519:1\",sig=\"*****\"");
    expect("authorization: X-Matrix sig=\"abc", "authorization: X-Matrix sig=\"***");
    expect("GET /_synapse/admin/v1/registration_tokens/abc?x HTTP, /rendezvous/a-b/c",
           "GET /_synapse/admin/v1/registration_tokens/***?x HTTP, /rendezvous/***/c");
}

static void an_object_of_json_stays_one(void **state)
{
    (void)state;
    expect("{\"a\":\"access_token=\"}", "{\"a\":\"access_token=\"}");
    expect("{\"a\":\"x sig=\"}\n{\"a\":[\"b,sig=\"]}", "{\"a\":\"x sig=\"}\n{\"a\":[\"b,sig=\"]}");
    expect("{\"a\":\"authorization: b c\",\"d\":\"Cookie:\"}", "{\"a\":\"authorization: ***\",\"d\":\"Cookie:\"}");
}

#define STAMP "2026/11/28 20:00:00 [error] 1#1: *1 broken header: \""
#define REST "\" while reading PROXY protocol, client: 127.0.0.1, server: 0.0.0.0:1\n"

static void what_nginx_quotes_without_the_proxy_protocol_is_hidden_whole(void **state)
{
    (void)state;
    expect("a\n" STAMP "POST / HTTP/1.1\r\nHost: b\r\n\r\n{\"password\":\"x\"}" REST "b\n",
           "a\n" STAMP "***" REST "b\n");
    expect(STAMP "GET /\n" REST STAMP "a" REST, STAMP "***" REST STAMP "." REST);
    expect(STAMP "cut\r\nshort\n" STAMP "GET / HTTP" REST, STAMP "***\n" STAMP "***" REST);
    expect("x broken header: \"a\nb\n", "x broken header: \"a\nb\n");
}

static void a_quote_is_hidden_in_whatever_pieces_it_comes(void **state)
{
    static const char all[] =
        STAMP "GET / HTTP/1.1\r\nCookie: a\r\nsecret\r\n" REST STAMP "cut\nhere\n" STAMP "wxyz" REST;
    static const char left[] = STAMP "***" REST STAMP "***\n" STAMP "***" REST;
    size_t at;

    (void)state;
    for (at = sizeof STAMP - 1; at < sizeof all - 1; at++) {
        char bytes[1000];
        size_t len;

        memcpy(bytes, all, at);
        len = token_hide(bytes, at);
        assert_null(memmem(bytes, len, "secret", 6));
        assert_null(memmem(bytes, len, "here", 4));
        memcpy(bytes + len, all + at, sizeof all - 1 - at);
        len = token_hide(bytes, len + sizeof all - 1 - at);
        bytes[len] = '\0';
        assert_string_equal(bytes, left);
    }
}

static void a_line_that_nginx_has_cut_ends_where_it_was_cut(void **state)
{
    char text[2048 + 10], left[200];
    int head;

    (void)state;
    head = snprintf(text, sizeof text, "%s", STAMP);
    memset(text + head, 'x', sizeof text - (size_t)head);
    text[100] = '\n';
    (void)strcpy(text + 2047, "\nnext\n");
    (void)snprintf(left, sizeof left, "%s***\nnext\n", STAMP);
    expect(text, left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_value_of_a_token_is_hidden_and_nothing_else),
        cmocka_unit_test(what_comes_in_pieces_is_hidden_once_it_is_together),
        cmocka_unit_test(so_is_whatever_else_says_who_a_client_is),
        cmocka_unit_test(an_object_of_json_stays_one),
        cmocka_unit_test(what_nginx_quotes_without_the_proxy_protocol_is_hidden_whole),
        cmocka_unit_test(a_quote_is_hidden_in_whatever_pieces_it_comes),
        cmocka_unit_test(a_line_that_nginx_has_cut_ends_where_it_was_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
