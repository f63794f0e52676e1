//! Who runs, who waits, who is refused.

mod overload;

use std::sync::mpsc;

use super::*;

fn pool(workers: usize, queue_jobs_max: usize) -> Arc<Pool<()>> {
    let long = Duration::from_secs(60);
    let limits = PoolLimits { queue_jobs_max, wait: WaitLimits { burst: long, standing: long } };
    Arc::new(Pool::start(vec![(); workers], limits).expect("threads"))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime")
}

/// Keeps a worker busy until told to let go.
fn hold(
    runtime: &tokio::runtime::Runtime,
    pool: &Arc<Pool<()>>,
) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), Error>>) {
    let (begin, begun) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let pool = Arc::clone(pool);
    let held = runtime.spawn(async move {
        pool.run(move |()| {
            begin.send(()).expect("waited for");
            // It cannot hang longer than the test.
            let _ = released.recv();
        })
        .await
    });
    begun.recv().expect("the job runs");
    (release, held)
}

#[test]
fn a_panic_becomes_an_error_and_the_worker_goes_on() {
    let (pool, runtime) = (pool(1, 4), runtime());
    let panicked: Result<(), Error> = runtime.block_on(pool.run(|()| panic!("in a job")));
    assert!(matches!(panicked, Err(Error::Internal(_))));
    assert_eq!(runtime.block_on(pool.run(|()| 7)).expect("works"), 7);
}

#[test]
fn one_job_more_than_fits_is_refused_with_a_time_and_the_others_are_done() {
    let (pool, runtime) = (pool(1, 2), runtime());
    let (release, held) = hold(&runtime, &pool);
    let waiting: Vec<_> = (0..2)
        .map(|number| {
            let pool = Arc::clone(&pool);
            runtime.spawn(async move { pool.run(move |()| number).await })
        })
        .collect();
    while pool.queue.lock().jobs.len() < 2 {
        std::thread::yield_now();
    }
    let refused = runtime.block_on(pool.run(|()| 9));
    assert!(matches!(refused, Err(Error::Overloaded { retry_after }) if retry_after == JOB_TIME_FIRST_GUESS));
    assert!(matches!(pool.admits(), Err(Error::Overloaded { .. })), "known without a job");
    release.send(()).expect("held");
    runtime.block_on(held).expect("joined").expect("done");
    let answers: Vec<i32> =
        waiting.into_iter().map(|job| runtime.block_on(job).expect("joined").expect("done")).collect();
    assert_eq!(answers, [0, 1]);
}

#[test]
fn a_wait_that_would_be_too_long_is_refused_before_the_queue_is_full_and_told_when_there_is_a_place() {
    let (ms, now) = (Duration::from_millis, Instant::now());
    let wait = WaitLimits { burst: ms(500), standing: ms(250) };
    let mut state = State::<()>::new(2, PoolLimits { queue_jobs_max: 1_000, wait }, now);
    state.job_time = ms(200);
    state.busy = 2;
    let retry_after = |state: &mut State<()>, now| match state.admits(now) {
        Ok(()) => None,
        Err(Error::Overloaded { retry_after }) => Some(retry_after),
        Err(other) => panic!("{other}"),
    };
    for waiting in 0..5 {
        assert_eq!(retry_after(&mut state, now), None, "one more waits {} ms", 100 * (waiting + 1));
        state.jobs.push_back(Waiting { job: Box::new(|_| true), since: now });
    }
    assert_eq!(retry_after(&mut state, now), Some(ms(100)), "it would wait 600 ms, a burst may wait 500");
    let later = now + ms(501);
    assert_eq!(retry_after(&mut state, later), Some(ms(350)), "no burst lasts so long");
    state.jobs.truncate(1);
    state.job_time = ms(10_000);
    assert_eq!(retry_after(&mut state, later), None, "there is not one for each worker");
}

#[test]
fn a_job_that_has_waited_too_long_is_refused_and_not_run() {
    let (pool, runtime) = (pool(1, 8), runtime());
    let (release, held) = hold(&runtime, &pool);
    let (ran, runs) = mpsc::channel();
    let waiting: Vec<_> = (0..2)
        .map(|number| {
            let (pool, ran) = (Arc::clone(&pool), ran.clone());
            runtime.spawn(async move { pool.run(move |()| ran.send(number).expect("heard")).await })
        })
        .collect();
    while pool.waiting_jobs() < 2 {
        std::thread::yield_now();
    }
    // As if it stood already when they came.
    let zero = WaitLimits { burst: Duration::ZERO, standing: Duration::ZERO };
    pool.queue.lock().patience = Patience::new(zero, Instant::now());
    std::thread::sleep(Duration::from_millis(2));
    release.send(()).expect("held");
    runtime.block_on(held).expect("joined").expect("done");
    let answers: Vec<_> = waiting.into_iter().map(|job| runtime.block_on(job).expect("joined")).collect();
    let refused = answers.iter().filter(|answer| matches!(answer, Err(Error::Overloaded { .. }))).count();
    assert_eq!((refused, runs.try_iter().count()), (1, 1), "the last one keeps the worker busy");
    assert_eq!(runtime.block_on(pool.run(|()| 7)).expect("works"), 7);
}

#[test]
fn a_job_whose_caller_has_gone_is_skipped() {
    let (pool, runtime) = (pool(1, 4), runtime());
    let (release, held) = hold(&runtime, &pool);
    let (ran, seen) = mpsc::channel();
    let gone = runtime.spawn({
        let pool = Arc::clone(&pool);
        async move { pool.run(move |()| ran.send(())).await }
    });
    while pool.queue.lock().jobs.is_empty() {
        std::thread::yield_now();
    }
    gone.abort();
    assert!(runtime.block_on(gone).is_err());
    release.send(()).expect("held");
    runtime.block_on(held).expect("joined").expect("done");
    assert_eq!(runtime.block_on(pool.run(|()| 1)).expect("works"), 1);
    assert!(seen.recv().is_err(), "the job was dropped without being run");
}

#[test]
fn a_pool_without_workers_refuses_instead_of_waiting() {
    assert!(pool(1, 4).is_alive() && !pool(0, 4).is_alive());
    let answer = runtime().block_on(pool(0, 4).run(|()| 1));
    assert!(matches!(answer, Err(Error::Unavailable(_))));
}

#[test]
fn what_follows_jobs_goes_before_jobs_unless_it_is_patient() {
    let (pool, runtime) = (pool(1, 8), runtime());
    let (release, held) = hold(&runtime, &pool);
    let (say, said) = mpsc::channel();
    let follow_up = |name: &'static str, patience: u64| {
        let say = say.clone();
        let work = Box::new(move || say.send(name).expect("heard"));
        pool.follow_ups().follow_up(Duration::from_secs(patience), work).expect("a worker");
    };
    let jobs: Vec<_> = (0..2)
        .map(|_| {
            let (pool, say) = (Arc::clone(&pool), say.clone());
            runtime.spawn(async move { pool.run(move |()| say.send("job").expect("heard")).await })
        })
        .collect();
    while pool.waiting_jobs() < 2 {
        std::thread::yield_now();
    }
    follow_up("patient", 1_000);
    follow_up("first", 0);
    follow_up("second", 0);
    assert_eq!(pool.follow_ups().load().idle, 0);
    release.send(()).expect("held");
    runtime.block_on(held).expect("joined").expect("done");
    for job in jobs {
        runtime.block_on(job).expect("joined").expect("done");
    }
    let said: Vec<_> = (0..5).map(|_| said.recv().expect("said")).collect();
    assert_eq!(said, ["first", "second", "job", "job", "patient"], "patience ends when no job waits");
}

#[test]
fn patience_ends_when_the_next_worker_would_come_too_late() {
    let (pool, now) = (pool(0, 8), Instant::now());
    let mut state = pool.queue.lock();
    state.alive = 2;
    state.job_time = Duration::from_millis(100);
    let turn = state.turn();
    assert_eq!(turn, Duration::from_millis(50));
    drop(state);
    pool.queue.follow_up(Duration::from_millis(200), Box::new(|| {})).expect("taken");
    let state = pool.queue.lock();
    let is_due = |after: u64| state.follow_ups[0].is_due(now + Duration::from_millis(after), turn);
    assert_eq!([100, 149, 160, 300].map(is_due), [false, false, true, true]);
}

#[test]
fn what_follows_is_part_of_what_a_job_costs() {
    let (pool, ms) = (pool(0, 8), Duration::from_millis);
    let mut state = pool.queue.lock();
    state.job_time = ms(60);
    state.follow_up_time = ms(100);
    state.note(ms(60));
    assert_eq!(state.job_time, ms(65), "a twentieth of the newest");
    state.note(ms(65));
    assert_eq!(state.job_time, ms(65), "counted once");
}

#[test]
fn a_panic_in_what_follows_ends_with_it() {
    let (pool, runtime) = (pool(1, 4), runtime());
    pool.follow_ups().follow_up(Duration::ZERO, Box::new(|| panic!("in a follow-up"))).expect("a worker");
    assert_eq!(runtime.block_on(pool.run(|()| 7)).expect("works"), 7);
    assert!(super::FollowUps::follow_up(&*self::pool(0, 4).queue, Duration::ZERO, Box::new(|| {})).is_err());
}
