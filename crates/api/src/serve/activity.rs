//! Whether a connection of HTTP/2 is busy: many requests share one, and hyper has no time limit for one without any.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use tokio::sync::watch;

/// How many requests of a connection are worked on, and that something is being sent; a clone is another handle.
#[derive(Clone)]
pub(super) struct Activity(Arc<watch::Sender<usize>>);

/// A request that is not answered yet.
pub(super) struct Busy(Activity);

/// The body of an answer. Each part that is taken of it is a sign of life: a client that takes none must not hold the
/// connection for as long as it likes.
struct Sent {
    body: Body,
    activity: Activity,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    pub(super) fn begin(&self) -> Busy {
        self.0.send_modify(|requests| *requests += 1);
        Busy(self.clone())
    }

    /// Ready when for so long there has been no request, and nothing was taken of an answer.
    pub(super) async fn idle_for(&self, limit: Duration) {
        let mut requests = self.0.subscribe();
        // The sender is `self`'s: it does not go away meanwhile.
        while requests.wait_for(|requests| *requests == 0).await.is_ok() {
            tokio::select! {
                biased;
                _ = requests.changed() => {}
                () = tokio::time::sleep(limit) => return,
            }
        }
    }
}

impl Busy {
    /// Ends with the head of the answer; its body shows what is taken of it.
    pub(super) fn answered(self, response: Response) -> Response {
        let activity = self.0.clone();
        response.map(|body| Body::new(Sent { body, activity }))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.send_modify(|requests| *requests = requests.saturating_sub(1));
    }
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        // Whoever waits for idleness begins anew.
        self.activity.0.send_modify(|_| {});
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http_body_util::BodyExt as _;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(100);

    /// Whether it is idle within three times the limit.
    async fn is_idle(activity: &Activity) -> bool {
        tokio::time::timeout(LIMIT * 3, activity.idle_for(LIMIT)).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_a_while_after_its_last_answer_was_sent() {
        let activity = Activity::new();
        assert!(is_idle(&activity).await, "nothing came yet");
        let (first, second) = (activity.begin(), activity.begin());
        drop(first);
        assert!(!is_idle(&activity).await);
        let answer = second.answered(Response::new(Body::from("x")));
        assert!(is_idle(&activity).await, "nobody takes the answer");
        drop(answer);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_taken_bit_by_bit_keeps_the_connection() {
        let activity = Activity::new();
        let bits = futures_util::stream::iter((0..5).map(|_| Ok::<_, Infallible>("bit")));
        let mut body = activity.begin().answered(Response::new(Body::from_stream(bits))).into_body();
        let takes = async {
            while body.frame().await.is_some() {
                tokio::time::sleep(LIMIT / 2).await;
            }
        };
        let begun = tokio::time::Instant::now();
        tokio::join!(activity.idle_for(LIMIT), takes);
        // The sixth look finds the end.
        assert_eq!(begun.elapsed(), LIMIT / 2 * 5 + LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn each_request_starts_the_time_anew() {
        let activity = Activity::new();
        let idle = activity.idle_for(LIMIT);
        let asks = async {
            for _ in 0..5 {
                tokio::time::sleep(LIMIT / 2).await;
                drop(activity.begin());
            }
        };
        let begun = tokio::time::Instant::now();
        tokio::join!(idle, asks);
        assert_eq!(begun.elapsed(), LIMIT / 2 * 5 + LIMIT);
    }

    #[test]
    fn an_answer_keeps_its_length() {
        let response = Activity::new().begin().answered(Response::new(Body::from("four")));
        assert_eq!(response.body().size_hint().exact(), Some(4));
        assert!(Activity::new().begin().answered(Response::default()).body().is_end_stream());
    }
}
