//! Messages of clients, with the members and users in them: any text is parsed or refused without a panic, and a parsed
//! command that is written again is parsed to the same command.
#![no_main]

use clairon_protocol::{
    ClientCommand, ClientEvent, Limits, Member, Recover, SignIn, Subscribe, User, UserId, UserInfo,
};
use libfuzzer_sys::fuzz_target;
use serde_json::{json, value::RawValue};

fuzz_target!(|text: &str| {
    check_member(text);
    check_user(text);
    let Ok(command) = ClientCommand::parse(text) else { return };
    match &command {
        ClientCommand::Subscribe(Subscribe { channel_data: Some(data), .. }) => check_member(data),
        ClientCommand::SignIn(SignIn { user_data, .. }) => check_user(user_data),
        _ => {}
    }
    for written in write(&command) {
        let again = ClientCommand::parse(&written).expect("it was written from a command");
        assert_eq!(format!("{again:?}"), format!("{command:?}"), "{written}");
    }
});

/// The command in each form that libraries use: with `data` as an object, or as a string that contains one.
fn write(command: &ClientCommand<'_>) -> Vec<String> {
    let in_both_forms = |event, data: serde_json::Value| {
        let text = data.to_string();
        [data, text.into()].map(|data| json!({ "event": event, "data": data }).to_string()).to_vec()
    };
    match command {
        ClientCommand::Ping => in_both_forms("pusher:ping", json!({})),
        ClientCommand::Pong => in_both_forms("pusher:pong", json!({})),
        ClientCommand::Subscribe(Subscribe { channel, auth, channel_data, recover }) => {
            let recover = write_recover(recover);
            let data = json!({ "channel": channel, "auth": auth, "channel_data": channel_data, "recover": recover });
            in_both_forms("pusher:subscribe", data)
        }
        ClientCommand::Unsubscribe { channel } => in_both_forms("pusher:unsubscribe", json!({ "channel": channel })),
        ClientCommand::SignIn(SignIn { auth, user_data }) => {
            in_both_forms("pusher:signin", json!({ "auth": auth, "user_data": user_data }))
        }
        ClientCommand::ClientEvent(ClientEvent { event, channel, data }) => {
            let head = format!(r#""event":{},"channel":{}"#, json!(event), json!(channel));
            let data = data.map_or_else(String::new, |data| format!(r#","data":{}"#, data.get()));
            vec![format!("{{{head}{data}}}"), format!(" {{\n{head}{data},\"user_id\":\"forged\"}} ")]
        }
    }
}

fn write_recover(recover: &Recover) -> serde_json::Value {
    match recover {
        Recover::No => json!(null),
        Recover::Begin => json!(true),
        Recover::Resume(resume) => {
            let sockets: Vec<String> = resume.sockets.iter().map(ToString::to_string).collect();
            json!({ "token": resume.token, "seq": resume.seq, "sockets": sockets })
        }
    }
}

fn check_member(text: &str) {
    let limits = Limits::default();
    let Ok(member) = Member::parse(text, &limits) else { return };
    assert_limits(&member, &limits);
    let (id, info) = (encoded(&member.user_id), encoded_info(&member));
    let again = Member::parse(&format!(r#"{{"user_id":{id},"user_info":{info}}}"#), &limits);
    let again = again.expect("it was written from a member");
    assert_eq!((encoded(&again.user_id), encoded_info(&again)), (id, info));
}

fn check_user(text: &str) {
    let limits = Limits::default();
    let Ok(user) = User::parse(text, &limits) else { return };
    assert_limits(&user.member, &limits);
    assert!(user.watchlist.len() <= limits.watchlist_users as usize);
    let (id, info) = (encoded(&user.member.user_id), encoded_info(&user.member));
    let watchlist = json!(user.watchlist.iter().map(|id| &**id).collect::<Vec<&str>>());
    let written = format!(r#"{{"id":{id},"user_info":{info},"watchlist":{watchlist}}}"#);
    let again = User::parse(&written, &limits).expect("it was written from a user");
    assert_eq!((encoded(&again.member.user_id), encoded_info(&again.member)), (id, info));
    assert_eq!((again.watchlist, again.unwatched), (user.watchlist, 0));
    // The answer has the user's id as a string, and the same meaning.
    let answered = User::parse(&user.user_data, &limits).expect("it was answered to a user");
    assert_eq!(answered.user_data, user.user_data);
    assert_eq!(encoded(&answered.member.user_id), encoded(&user.member.user_id));
}

fn assert_limits(member: &Member, limits: &Limits) {
    let characters = member.user_id.as_str().chars().count();
    assert!((1..=limits.user_id_chars as usize).contains(&characters));
    let info = member.user_info.as_ref().map(UserInfo::json).unwrap_or_default();
    assert!(info.len() <= limits.user_info_bytes as usize);
}

/// The id as JSON, for a comparison of its text.
fn encoded(id: &UserId) -> String {
    let mut json = Vec::new();
    id.encode(&mut json);
    let json = String::from_utf8(json).expect("JSON is UTF-8");
    let text = serde_json::from_str::<String>(&json).unwrap_or_else(|_| json.clone());
    assert_eq!(text, id.as_str());
    json
}

fn encoded_info(member: &Member) -> String {
    let json = member.info_json();
    serde_json::from_str::<&RawValue>(&json).expect("a member's information is JSON");
    json.into_owned()
}
