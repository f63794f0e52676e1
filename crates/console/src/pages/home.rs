//! `/`: there is nothing here but the way to the console.

use axum::response::Response;

use crate::reply::see_other;

pub(crate) async fn redirect() -> Response {
    see_other("/console")
}
