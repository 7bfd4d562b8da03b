# JamVote at Fastly. What may be kept, how long and under which keys, the answers say themselves (Cache-Control,
# CDN-Cache-Control, Surrogate-Key); here stands what only an edge can do. See docs/cdn.md.

# Continents from where it is nearer to the second region, which needs a replica: "OC": "Sydney". main.tf looks here.
table regions {
}

sub vcl_recv {
#FASTLY recv
  if (fastly.ff.visits_this_service == 0 && req.restarts == 0) {
    set req.http.X-Forwarded-For = client.ip; # whatever a client makes up: see TRUSTED_PROXIES
    set req.http.X-Forwarded-Proto = "https";
  }
  if (req.url.path == "/metrics") {
    error 404 "Not found";
  }
  if (req.url.path ~ "^/ws/") {
    return(upgrade);
  }
  # Files are the same for everybody, whatever comes along.
  if (req.url.path ~ "^/(static|media)/") {
    unset req.http.Cookie;
    unset req.http.Authorization;
    set req.url = req.url.path;
    return(lookup);
  }
  # A cookie that says a language and nothing else makes nobody known; of languages there are those that we have.
  if (req.http.Cookie ~ "^(__Host-)?language=(en|ar)$") {
    set req.http.Accept-Language = re.group.2;
    unset req.http.Cookie;
  } else {
    set req.http.Accept-Language = accept.language_lookup("en:ar", "en", req.http.Accept-Language);
  }
  # Who is known may have just written and must see it; everything that writes goes to the first region too.
  if (req.http.Cookie || req.http.Authorization || (req.method != "GET" && req.method != "HEAD")) {
    return(pass);
  }
  # One copy, not one for each spelling (Vary: Accept, Accept-Encoding, Accept-Language).
  if (req.http.Accept-Encoding) {
    set req.http.Accept-Encoding = if(req.http.Accept-Encoding ~ "br", "br", if(req.http.Accept-Encoding ~ "gzip", "gzip", ""));
  }
  if (req.url.path ~ "^/api/" && (req.http.Accept == "*/*" || !req.http.Accept)) {
    set req.http.Accept = "application/json";
  }
  return(lookup);
}

sub vcl_miss {
#FASTLY miss
  set bereq.http.Cache-Control = "no-cache"; # exact, not a process's copy: it may be kept for a minute
  return(fetch);
}

sub vcl_fetch {
#FASTLY fetch
  if (beresp.http.Set-Cookie || beresp.http.Cache-Control ~ "(private|no-store)" || beresp.http.Cache-Control !~ "(s-maxage|immutable)") {
    return(pass);
  }
  if (beresp.status != 200 && beresp.status != 304) {
    return(pass);
  }
  if (beresp.http.CDN-Cache-Control) {
    set beresp.ttl = std.atoi(subfield(beresp.http.CDN-Cache-Control, "max-age", ","));
    set beresp.stale_while_revalidate = std.atoi(subfield(beresp.http.CDN-Cache-Control, "stale-while-revalidate", ","));
  }
  if (req.url.path ~ "^/(static|media)/") {
    set beresp.http.Surrogate-Key = regsub(req.url.path, "^/", "");
  }
  set beresp.stale_if_error = 10s; # an origin that restarts; votes are no reads and say 503
  return(deliver);
}

sub vcl_deliver {
#FASTLY deliver
  set req.http.Kind = regsub(resp.http.Surrogate-Key, "[ /].*", "");
  if (fastly.ff.visits_this_service == 0) {
    unset resp.http.Surrogate-Key;
    unset resp.http.CDN-Cache-Control;
  }
  return(deliver);
}

# Who asked, and with what words, is not written down. manage.py cdn_report reads it.
sub vcl_log {
#FASTLY log
  if (fastly.ff.visits_this_service == 0) {
    log {"syslog "} req.service_id {" jamvote :: "}
      {"{"at":""} strftime({"%Y-%m-%dT%H:%M:%SZ"}, time.start)
      {"","pop":""} server.datacenter {"","state":""} fastly_info.state {"","kind":""} req.http.Kind
      {"","status":"} resp.status {","bytes":"} resp.bytes_written {","seconds":"} time.to_first_byte {"}"};
  }
}
