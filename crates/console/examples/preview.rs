//! Serves the console with sample data on this machine only, for whoever works on the pages:
//! `cargo run -p console --example preview`, then sign in as one of the users that it prints.
//!
//! With `AS=owner` (or another role) in the environment, a browser that has no session is that user's at once: for
//! programs that take pictures of pages. `PORT` is the port, 8090 otherwise.

#[path = "../tests/common/mod.rs"]
mod common;

use std::net::SocketAddr;

use accounts::Role;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use common::House;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::var("PORT").unwrap_or("8090".to_owned());
    let address = format!("127.0.0.1:{port}");
    let public_url = format!("http://{address}");
    let house = House::with(|parts| parts.settings.public_url = public_url.clone());
    common::sample(&house);
    println!("{public_url}/console with the password “{}” as", common::PASSWORD);
    for role in [Role::Viewer, Role::Developer, Role::Owner, Role::Operator] {
        println!("  {}", common::email(role));
    }
    let session = std::env::var("AS").ok().and_then(|word| Role::of_word(&word)).map(|role| session_of(&house, role));
    let router = house.router().layer(from_fn(move |mut request: Request, next: Next| {
        let session = session.clone();
        async move {
            if let Some(session) = session {
                request.headers_mut().entry(header::COOKIE).or_insert(session);
            }
            next.run(request).await
        }
    }));
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await
}

fn session_of(house: &House, role: Role) -> HeaderValue {
    let browser = house.signed_in_as(&house.user(role));
    let secret = browser.cookie("auther_session").unwrap_or_default();
    HeaderValue::from_str(&format!("auther_session={secret}")).expect("letters and digits")
}
