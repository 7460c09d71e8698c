use super::*;

const JSON: Option<&str> = Some("application/json");
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");

fn read<'a>(kind: Option<&str>, body: &'a str) -> Params<'a> {
    match Params::read(None, kind, body.as_bytes()) {
        Ok(params) => params,
        Err(refusal) => panic!("{body}: {}", refusal.message),
    }
}

fn refused(kind: Option<&str>, body: &[u8]) -> String {
    match Params::read(None, kind, body) {
        Ok(_) => panic!("{} was read", String::from_utf8_lossy(body)),
        Err(refusal) => {
            assert_eq!((refusal.status, refusal.code), (400, 1));
            refusal.message
        }
    }
}

#[test]
fn every_way_of_writing_a_value_gives_its_exact_text() {
    for (kind, body, expected) in [
        (
            JSON,
            r#"{"x": 95382678123123123}"#,
            Some("95382678123123123"),
        ),
        (JSON, r#"{"x": 3000.10}"#, Some("3000.10")),
        (JSON, r#"{"x": 1e309}"#, Some("1e309")),
        (JSON, r#"{"x": "3000"}"#, Some("3000")),
        (JSON, r#"{"x": "a\"b\\\ud55c"}"#, Some("a\"b\\한")),
        (JSON, "\u{feff} {\"x\": \"bom\"}", Some("bom")),
        (JSON, r#"{"x": true}"#, Some("true")),
        (JSON, r#"{"x": 0}"#, Some("0")),
        (JSON, r#"{"x": 1, "x": 2}"#, Some("2")),
        (JSON, r#"{"x": 1, "x": null}"#, None),
        (JSON, r#"{"x": null}"#, None),
        (JSON, r#"{"x": ""}"#, None),
        (JSON, r#"{"x": false}"#, None),
        (JSON, r#"{"\u0078": "name escaped"}"#, Some("name escaped")),
        (JSON, "", None),
        (JSON, " \n", None),
        (FORM, "x=1&x=2", Some("2")),
        (FORM, "y=1& x=space before", Some("space before")),
        (FORM, "+x+=spaces", Some("spaces")),
        (FORM, "x=a+b%2Bc", Some("a b+c")),
        (FORM, "x=한글 raw", Some("한글 raw")),
        (FORM, "x=%ED%95%9C", Some("한")),
        (FORM, "x=100%", Some("100%")),
        (FORM, "x=a=b", Some("a=b")),
        (FORM, "x", None),
        (FORM, "x=", None),
        (FORM, "&&x=1&&", Some("1")),
        (FORM, "x[=half open&x=1", Some("1")),
        (
            FORM,
            r#"{"x": "curl without a header"}"#,
            Some("curl without a header"),
        ),
        (Some("text/plain"), r#" {"x": 1}"#, Some("1")),
        (Some("text/plain"), "x=1", Some("1")),
        (None, "x=1", Some("1")),
    ] {
        let params = read(kind, body);
        assert_eq!(params.text("x").ok().flatten(), expected, "{body}");
    }
    let euc_kr = b"x=\xc7\xd1&y=%C7%D1";
    let params = Params::read(None, FORM, euc_kr).expect("EUC-KR is read");
    assert_eq!(params.text("x").ok().flatten(), Some("한"));
    assert_eq!(params.text("y").ok().flatten(), Some("한"));
}

#[test]
fn the_body_hides_the_query() {
    let body = br#"{"a": "body", "b": null}"#;
    let params = Params::read(Some("a=query&b=query&c=query"), JSON, body).expect("fine");
    assert_eq!(params.text("a").ok().flatten(), Some("body"));
    assert_eq!(params.text("b").ok().flatten(), None);
    assert_eq!(params.text("c").ok().flatten(), Some("query"));
}

#[test]
fn what_cannot_be_read_says_where() {
    for (kind, body, expected) in [
        (JSON, &b"{\"x\": 1"[..], "body: JSON"),
        (JSON, b"{\"x\": 1} {}", "body: JSON"),
        (JSON, b"{\"x\": NaN}", "body: JSON"),
        (JSON, b"[1]", "body: JSON"),
        (JSON, b"x=1", "body: JSON"),
        (JSON, b"{\"x\": \"\xff\"}", "body: JSON"),
        (FORM, b"{broken", "body: JSON"),
        (
            JSON,
            b"{\"x\": \"\\ud800\"}",
            "x: must be valid Unicode text",
        ),
        (JSON, b"{\"x\": \"a\\u0000b\"}", "x: must not contain NUL"),
        (
            JSON,
            b"{\"x\": {\"y\": [\"\\u0000\"]}}",
            "x: must not contain NUL",
        ),
        (JSON, b"{\"x\\u0000\": 1}", "x: must not contain NUL"),
        (FORM, b"x=a%00b", "x: must not contain NUL"),
        (FORM, b"x[y]=a%00b", "x: must not contain NUL"),
        (FORM, b"x=a\0b", "x: must not contain NUL"),
        (
            FORM,
            b"x[1][2][3][4][5][6][7][8][9]=1",
            "x: must be at most 8 levels deep",
        ),
        (
            Some("multipart/form-data; boundary=x"),
            b"--x",
            "Content-Type:",
        ),
    ] {
        let message = refused(kind, body);
        assert!(message.starts_with(expected), "{message}");
    }
    // An escaped backslash before `u0000` is no NUL.
    assert_eq!(
        read(JSON, r#"{"x": "\\u0000"}"#).text("x").ok().flatten(),
        Some(r"\u0000")
    );
    assert!(read(JSON, r#"{"x": ["\\u0000"]}"#).text("x").is_err());
}

#[test]
fn a_refusal_never_quotes_a_value() {
    for body in [
        "\"hidden\"",
        "{\"x\": hidden}",
        "{\"imp_secret\": \"hidden\\ud800\"}",
        "{\"x\":\"hidden\"} hidden",
    ] {
        let message = refused(JSON, body.as_bytes());
        assert!(!message.contains("hidden"), "{message}");
    }
}

#[test]
fn floods_of_fields_are_refused() {
    let form = "a[]=&".repeat(FIELDS_MAX + 1);
    assert!(refused(FORM, form.as_bytes()).contains("1000 fields"));
    let fields: Vec<String> = (0..FIELDS_MAX + 1).map(|n| format!("\"f{n}\":1")).collect();
    let json = format!("{{{}}}", fields.join(","));
    assert!(refused(JSON, json.as_bytes()).contains("1000 fields"));
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(read(JSON, &deep).text("x").is_err());
}

#[test]
fn lists_come_in_every_spelling() {
    for (kind, body) in [
        (JSON, r#"{"u": ["a", null, "", 7]}"#),
        (FORM, "u[]=a&u[]=7"),
        (FORM, "u%5B%5D=a&u%5B%5D=7"),
        (FORM, "u[0]=a&u[1]=7"),
        (FORM, "u=a&u=7"),
    ] {
        assert_eq!(
            read(kind, body).list("u").expect(body),
            ["a", "7"],
            "{body}"
        );
    }
    assert_eq!(read(JSON, r#"{"u": "a"}"#).list("u").expect("one"), ["a"]);
    assert!(
        read(JSON, r#"{"u": null}"#)
            .list("u")
            .expect("none")
            .is_empty()
    );
    for bad in [r#"{"u": {"a": 1}}"#, r#"{"u": [["a"]]}"#] {
        assert!(read(JSON, bad).list("u").is_err(), "{bad}");
    }
}

#[test]
fn objects_become_their_json_text() {
    let text = |kind, body| {
        read(kind, body)
            .free_text("d", 100)
            .ok()
            .flatten()
            .expect(body)
    };
    let spaced = "{\"d\": {\"b\" : 1.10,\n \"a b\": [\"x \\\" y\", 12345678901234567890] } }";
    assert_eq!(
        text(JSON, spaced),
        r#"{"b":1.10,"a b":["x \" y",12345678901234567890]}"#
    );
    assert_eq!(
        text(FORM, "d[b][0]=1&d[b][1]=\"&d[a]=x"),
        r#"{"b":["1","\""],"a":"x"}"#
    );
    assert_eq!(
        text(FORM, "d[0][m]=1&d[0][n]=2&d[1][m]=3"),
        r#"[{"m":"1","n":"2"},{"m":"3"}]"#
    );
    assert_eq!(text(JSON, r#"{"d": "as {it} is"}"#), "as {it} is");
    let long = format!("d={}", "x".repeat(101));
    assert!(read(FORM, &long).free_text("d", 100).is_err());
}

#[test]
fn names_and_counts_have_limits() {
    let name = |body: &str| {
        read(FORM, body)
            .name("n", 4)
            .map_err(|refusal| refusal.message)
    };
    assert_eq!(name("n=가나다라").ok().as_deref(), Some("가나다라"));
    assert!(name("n=가나다라마").is_err_and(|message| message.starts_with("n: ")));
    for bad in ["", "n=", "n=++", "n=a%0Ab", "n[a]=b"] {
        assert!(name(bad).is_err(), "{bad}");
    }
    let count = |body: &str| read(JSON, body).count("q", 36).ok();
    assert_eq!(count(r#"{"q": "03"}"#), Some(3));
    assert_eq!(count(r#"{"q": 36}"#), Some(36));
    assert_eq!(count("{}"), Some(0));
    for bad in [
        r#"{"q": 37}"#,
        r#"{"q": -1}"#,
        r#"{"q": 1.5}"#,
        r#"{"q": "x"}"#,
        r#"{"q": 256}"#,
        r#"{"q": []}"#,
    ] {
        assert_eq!(count(bad), None, "{bad}");
    }
}

#[test]
fn a_number_that_is_zero_is_unset() {
    let number = |query: &str| {
        let params = Params::of_query(query).expect("a query");
        params.number("n", 1_000).map_err(|refusal| refusal.message)
    };
    for unset in ["", "n=", "n=0", "n=00", "m=1"] {
        assert_eq!(number(unset), Ok(None), "{unset}");
    }
    for (query, expected) in [
        ("n=1", 1),
        ("n=+1000", 1_000),
        ("n=020", 20),
        ("n=5&n=6", 6),
    ] {
        assert_eq!(number(query), Ok(Some(expected)), "{query}");
    }
    for bad in ["n=1001", "n=-1", "n=1.0", "n=x", "n=1e3", "n[]=1"] {
        assert!(
            number(bad).is_err_and(|message| message.starts_with("n: ")),
            "{bad}"
        );
    }
}
