//! Users, sessions, tokens.

use super::*;
use domain::access::{Permission, Scope};

const PASSWORD: &str = "correct horse";
const HOUR_MS: i64 = 3_600_000;

async fn with_user() -> House {
    let house = House::new().await;
    assert!(!house.engine.has_users().await.expect("an answer"));
    house
        .engine
        .create_user(&Actor::operator(0), "ada", Role::Administrator, None, PASSWORD)
        .await
        .expect("a user");
    assert!(house.engine.has_users().await.expect("an answer"));
    house
}

#[tokio::test]
async fn logging_in_gives_a_session_that_ends() {
    let house = with_user().await;
    let new = house.engine.log_in("ada", PASSWORD).await.expect("a session");
    assert!(!format!("{new:?}").contains(&new.cookie));
    let info = house
        .engine
        .session(&new.cookie)
        .await
        .expect("an answer")
        .expect("a session");
    assert_eq!((info.user_name.as_str(), info.role), ("ada", Role::Administrator));
    assert!(info.actor.may(Permission::DeleteInBulk));
    assert!(
        house
            .engine
            .session("made up")
            .await
            .expect("an answer")
            .is_none()
    );
    house.engine.log_out(&new.cookie).await.expect("out");
    assert!(
        house
            .engine
            .session(&new.cookie)
            .await
            .expect("an answer")
            .is_none()
    );
    house
        .engine
        .log_out(&new.cookie)
        .await
        .expect("out twice is no error");
}

#[tokio::test]
async fn a_session_ends_when_idle_and_after_half_a_day_in_any_case() {
    let house = with_user().await;
    let idle = house
        .engine
        .log_in("ada", PASSWORD)
        .await
        .expect("a session")
        .cookie;
    let used = house
        .engine
        .log_in("ada", PASSWORD)
        .await
        .expect("a session")
        .cookie;
    let house = house.later(7 * HOUR_MS).await;
    assert!(house.engine.session(&used).await.expect("an answer").is_some());
    let house = house.later(2 * HOUR_MS).await;
    assert!(house.engine.session(&idle).await.expect("an answer").is_none());
    assert!(house.engine.session(&used).await.expect("an answer").is_some());
    let house = house.later(3 * HOUR_MS + 60_000).await;
    assert!(house.engine.session(&used).await.expect("an answer").is_none());
}

#[tokio::test]
async fn whatever_is_wrong_a_refused_log_in_says_the_same_and_slows_down() {
    let house = with_user().await;
    assert_eq!(
        problem(house.engine.log_in("ada", "wrong").await),
        problem(house.engine.log_in("bob", "wrong").await)
    );
    for _ in 0..4 {
        assert_eq!(code(house.engine.log_in("ada", "wrong").await), Code::LoginFailed);
    }
    let refused = problem(house.engine.log_in("ada", PASSWORD).await);
    assert_eq!(refused.code, Code::TooManyTries);
    assert!(refused.details.contains_key("retry_after"));
    // Somebody else is not slowed down.
    assert_eq!(code(house.engine.log_in("bob", "wrong").await), Code::LoginFailed);
}

#[tokio::test]
async fn a_password_given_again_is_noted() {
    let house = with_user().await;
    let cookie = house
        .engine
        .log_in("ada", PASSWORD)
        .await
        .expect("a session")
        .cookie;
    let house = house.later(HOUR_MS).await;
    let before = house
        .engine
        .session(&cookie)
        .await
        .expect("an answer")
        .expect("a session")
        .password_at;
    assert_eq!(
        code(house.engine.confirm_password(&cookie, "wrong").await),
        Code::PasswordWrong
    );
    house
        .engine
        .confirm_password(&cookie, PASSWORD)
        .await
        .expect("right");
    let after = house
        .engine
        .session(&cookie)
        .await
        .expect("an answer")
        .expect("a session")
        .password_at;
    assert!(after.ms() - before.ms() >= HOUR_MS);
    assert_eq!(
        code(house.engine.confirm_password("made up", PASSWORD).await),
        Code::Unauthenticated
    );
}

#[tokio::test]
async fn passwords_are_kept_as_argon2id_of_the_right_size() {
    let house = with_user().await;
    let mut conn = house.engine.inner.store.read().await.expect("a reader");
    let login = crate::store::access::login(&mut conn, "ada")
        .await
        .expect("a row")
        .expect("a user");
    assert!(
        login.password_hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{}",
        login.password_hash
    );
}

#[tokio::test]
async fn a_new_password_or_a_disabled_user_ends_sessions_but_never_the_last_administrator() {
    let house = with_user().await;
    let engine = &house.engine;
    let cookie = engine.log_in("ada", PASSWORD).await.expect("a session").cookie;
    engine
        .set_password(&admin(), "ada", "another horse")
        .await
        .expect("set");
    assert!(engine.session(&cookie).await.expect("an answer").is_none());
    assert_eq!(code(engine.log_in("ada", PASSWORD).await), Code::LoginFailed);
    let cookie = engine
        .log_in("ada", "another horse")
        .await
        .expect("a session")
        .cookie;
    assert_eq!(
        code(engine.disable_user(&admin(), "ada").await),
        Code::LastAdministrator
    );
    // One who administers a single dataset does not count.
    engine
        .create_user(&admin(), "bob", Role::Administrator, Some(house.main), PASSWORD)
        .await
        .expect("a user");
    assert_eq!(
        code(engine.disable_user(&admin(), "ada").await),
        Code::LastAdministrator
    );
    engine
        .create_user(&admin(), "eve", Role::Administrator, None, PASSWORD)
        .await
        .expect("a user");
    engine.disable_user(&admin(), "ada").await.expect("disabled");
    assert!(engine.session(&cookie).await.expect("an answer").is_none());
    assert_eq!(
        code(engine.log_in("ada", "another horse").await),
        Code::LoginFailed
    );
    let users = engine.users(&admin()).await.expect("users");
    let seen: Vec<_> = users
        .iter()
        .map(|u| (u.name.as_str(), u.dataset.as_deref(), u.disabled_at.is_some()))
        .collect();
    assert_eq!(
        seen,
        [
            ("ada", None, true),
            ("bob", Some("main"), false),
            ("eve", None, false)
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_a_user_is_refused() {
    let house = with_user().await;
    let engine = &house.engine;
    let make = async |actor: &Actor, name: &str, password: &str| {
        code(
            engine
                .create_user(actor, name, Role::Viewer, None, password)
                .await,
        )
    };
    assert_eq!(make(&admin(), "ada", PASSWORD).await, Code::NameTaken);
    assert_eq!(make(&admin(), "bob", "short").await, Code::Invalid);
    assert_eq!(make(&admin(), "bob", &"x".repeat(2_000)).await, Code::Invalid);
    assert_eq!(make(&admin(), " ", PASSWORD).await, Code::Invalid);
    assert_eq!(make(&admin(), "cli:0", PASSWORD).await, Code::Invalid);
    assert_eq!(
        make(&person_with(Role::Editor), "bob", PASSWORD).await,
        Code::Forbidden
    );
    let bound = Actor {
        dataset: Some(house.main),
        ..admin()
    };
    assert_eq!(make(&bound, "bob", PASSWORD).await, Code::Forbidden);
    engine
        .create_user(&bound, "bob", Role::Editor, Some(house.main), PASSWORD)
        .await
        .expect("a user");
    assert_eq!(engine.users(&bound).await.expect("users").len(), 1);
    assert_eq!(
        code(engine.set_password(&bound, "ada", PASSWORD).await),
        Code::NotFound
    );
    assert_eq!(code(engine.disable_user(&bound, "ada").await), Code::NotFound);
}

#[tokio::test]
async fn a_token_opens_until_it_is_revoked() {
    let house = House::new().await;
    let engine = &house.engine;
    let token = engine
        .create_token(&admin(), "nightly", Some(house.main), Scope::Bulk)
        .await
        .expect("a token");
    assert!(!format!("{token:?}").contains(&token.secret));
    let actor = engine
        .authenticate_token(&token.key_id, &token.secret)
        .await
        .expect("an answer")
        .expect("an actor");
    assert_eq!(
        (actor.name, actor.dataset),
        (format!("token:{}", token.key_id), Some(house.main))
    );
    assert_eq!(actor.powers, Powers::Token { scope: Scope::Bulk });
    assert!(
        engine
            .authenticate_token(&token.key_id, "wrong")
            .await
            .expect("an answer")
            .is_none()
    );
    assert!(
        engine
            .authenticate_token("nothing", &token.secret)
            .await
            .expect("an answer")
            .is_none()
    );
    let listed = engine.tokens(&admin()).await.expect("tokens");
    let row = listed.first().expect("a token");
    assert_eq!(
        (row.name.as_str(), row.dataset.as_deref(), row.created_by.as_str()),
        ("nightly", Some("main"), "ada")
    );
    assert!(row.used_at.is_some() && row.revoked_at.is_none());
    engine
        .revoke_token(&admin(), &token.key_id)
        .await
        .expect("revoked");
    assert!(
        engine
            .authenticate_token(&token.key_id, &token.secret)
            .await
            .expect("an answer")
            .is_none()
    );
    assert_eq!(
        code(engine.revoke_token(&admin(), "nothing").await),
        Code::NotFound
    );
    assert_eq!(
        code(engine.create_token(&admin(), "in", None, Scope::Ingest).await),
        Code::Invalid
    );
    assert_eq!(
        code(
            engine
                .create_token(&person_with(Role::Viewer), "x", None, Scope::Read)
                .await
        ),
        Code::Forbidden
    );
}

#[tokio::test]
async fn logging_in_refreshes_stale_counts_in_the_background() {
    let house = with_user().await;
    let a = house.rule("A", r#"attr.group = "a""#).await;
    house.member("u1", "a").await;
    let house = house.later(HOUR_MS).await;
    house.engine.log_in("ada", PASSWORD).await.expect("a session");
    for _ in 0..500 {
        let count = house
            .engine
            .segment(&admin(), house.main, a.id)
            .await
            .expect("a segment")
            .count;
        if count.map(|count| count.value) == Some(1) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the count was not refreshed");
}
