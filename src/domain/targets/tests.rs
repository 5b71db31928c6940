use super::*;

/// What a list says to URLs, by their text.
fn check(list: &str, urls: &[(&str, bool)]) {
    let targets: Targets = match list {
        "" => Targets::default(),
        list => list.parse().expect("a list"),
    };
    for (url, allowed) in urls {
        let checked = targets.check_url(url);
        assert_eq!(checked.is_ok(), *allowed, "{list}: {url}: {checked:?}");
    }
}

#[test]
fn loopback_alone_is_allowed_by_default() {
    check(
        "",
        &[
            ("http://127.0.0.1:9000/hook", true),
            ("http://127.8.8.8/", true),
            ("http://localhost:1/", true),
            ("HTTP://LOCALHOST/", true),
            ("https://localhost/", true),
            ("http://[::1]:9000/", true),
            ("http://10.0.0.1/", false),
            ("http://192.168.1.1/", false),
            ("http://169.254.169.254/latest/meta-data/", false),
            ("http://[fe80::1]/", false),
            ("http://0.0.0.0/", false),
            ("http://[::]/", false),
            ("http://224.0.0.1/", false),
            ("http://8.8.8.8/", false),
            ("http://example.com/", false),
            ("http://localhost.example.com/", false),
            ("http://127.0.0.1.nip.io/", false),
        ],
    );
}

#[test]
fn an_address_has_one_form() {
    check(
        "*,127.0.0.0/8,0.0.0.0/0,::/0",
        &[
            ("http://127.0.0.1/", true),
            ("http://2130706433/", false),
            ("http://0x7f000001/", false),
            ("http://0x7f.1/", false),
            ("http://127.1/", false),
            ("http://0177.0.0.1/", false),
            ("http://127.0.0.01/", false),
            ("http://[::ffff:127.0.0.1]/", false),
            ("http://[::ffff:7f00:1]/", false),
            ("http://[fe80::1%25eth0]/", false),
            ("http://user:pass@127.0.0.1/", false),
            ("http://127.0.0.1:80@evil.test/", false),
            ("ftp://127.0.0.1/", false),
            ("file:///etc/passwd", false),
            ("gopher://127.0.0.1/", false),
            ("//127.0.0.1/", false),
            ("/hook", false),
            ("127.0.0.1:9000", false),
            ("http://127.0.0.1:99999/", false),
            ("http://127.0.0.1:/", false),
            ("http:///hook", false),
            ("", false),
            ("http://127.0.0.1 /", false),
            ("http://exa%6dple.com/", false),
        ],
    );
}

#[test]
fn hosts_networks_and_ports_are_listed() {
    check(
        "hooks.test:9000, 10.1.0.0/16, [fd00::1]:80, 192.168.7.7:8080",
        &[
            ("http://hooks.test:9000/", true),
            ("http://hooks.test/", false),
            ("http://other.test:9000/", false),
            ("http://10.1.255.1:1234/", true),
            ("http://10.2.0.1/", false),
            ("http://[fd00::1]/", true),
            ("http://[fd00::1]:81/", false),
            ("http://192.168.7.7:8080/", true),
            ("http://192.168.7.7/", false),
            ("http://localhost/", false),
        ],
    );
    check(
        "*",
        &[
            ("http://example.com/", true),
            ("http://8.8.8.8/", true),
            ("http://[2606:4700::1]/", true),
            ("http://127.0.0.1/", true),
            ("http://10.0.0.1/", false),
            ("http://100.64.0.1/", false),
            ("http://169.254.169.254/", false),
            ("http://[fd00::1]/", false),
            ("http://[64:ff9b::7f00:1]/", false),
        ],
    );
}

/// What a list says to the address that a URL's host stands for.
fn check_resolved(list: &str, url: &str, addresses: &[(&str, bool)]) {
    let targets: Targets = list.parse().expect("a list");
    let target = targets.check_url(url).expect("a target");
    for (address, allowed) in addresses {
        let address: IpAddr = address.parse().expect("an address");
        let checked = targets.check_address(&target, address);
        assert_eq!(checked.is_ok(), *allowed, "{list}: {url} at {address}");
    }
}

#[test]
fn a_name_is_judged_by_what_it_stands_for() {
    let anywhere = [
        ("93.184.216.34", true),
        ("127.0.0.1", true),
        ("::1", true),
        ("10.0.0.1", false),
        ("::ffff:10.0.0.1", false),
        ("169.254.169.254", false),
        ("0.0.0.0", false),
        ("fe80::1", false),
    ];
    check_resolved("*", "http://rebound.test/", &anywhere);
    let named = [
        ("172.18.0.3", true),
        ("169.254.169.254", false),
        ("::ffff:169.254.169.254", false),
        ("0.0.0.0", false),
        ("224.0.0.1", false),
    ];
    check_resolved("receiver", "http://receiver/", &named);
    check_resolved("*,10.0.0.0/8", "http://receiver/", &[("10.0.0.1", true)]);
}

#[test]
fn a_list_with_a_mistake_is_refused() {
    for list in [
        "a b",
        "10.0.0.0/33",
        "host:port",
        "http://host",
        "0x7f.1",
        ":80",
    ] {
        assert!(list.parse::<Targets>().is_err(), "{list}");
    }
}

#[test]
fn what_clouds_tell_their_machines_is_named_or_refused() {
    let metadata = [
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "fd00:ec2::254",
        "::ffff:168.63.129.16",
    ];
    let none = metadata.map(|address| (address, false));
    check_resolved("*", "http://rebound.test/", &none);
    check_resolved("receiver", "http://receiver/", &none);
    check_resolved("*,0.0.0.0/0,::/0", "http://rebound.test/", &none);
    check(
        "0.0.0.0/0,::/0,168.63.129.16",
        &[
            ("http://168.63.129.16/", true),
            ("http://168.63.129.17/", true),
            ("http://100.100.100.200/", false),
            ("http://[fd00:ec2::254]/", false),
            ("http://[fd00:ec2::255]/", true),
        ],
    );
}

#[test]
fn a_target_is_listed_by_its_very_port() {
    for (list, url, listed) in [
        ("127.0.0.1:8080", "http://127.0.0.1:8080/", true),
        ("127.0.0.0/8", "http://127.0.0.1:8080/", false),
        ("127.0.0.1", "http://127.0.0.1:8080/", false),
        ("*:8080", "http://127.0.0.1:8080/", false),
        ("*", "http://127.0.0.1:8080/", false),
        ("localhost:8080", "http://localhost:8080/", true),
        ("localhost:8080,*", "http://127.0.0.1:8080/", false),
    ] {
        let targets: Targets = list.parse().expect("a list");
        let target = targets.check_url(url).expect("a target");
        let address = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(targets.lists(&target, address), listed, "{list}: {url}");
    }
}
