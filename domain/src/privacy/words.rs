//! The words of privacy requests, each with its text form and as it is shown.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $text:literal, $title:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$each])* $variant,)* }

        impl $name {
            /// Every one, in the order in which it is offered.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The text form, as stored and sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $text,)* } }

            /// As shown.
            #[must_use]
            pub const fn title(self) -> &'static str { match self { $(Self::$variant => $title,)* } }

            /// Reads the text form.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.as_str() == text)
            }
        }
    };
}

words! {
    /// What is asked for.
    RequestKind {
        /// That everything known of the person is erased.
        Erasure = "erasure", "Erasure";
        /// To be told everything that is known.
        Access = "access", "Access";
        /// To get what the person gave and did in a form that another system reads.
        Portability = "portability", "Portability";
    }
}

words! {
    /// How the request came: a regulator asks for it.
    Manner {
        /// By e-mail.
        Email = "email", "E-mail";
        /// By a form on a web page.
        WebForm = "web_form", "Web form";
        /// By phone.
        Phone = "phone", "Phone";
        /// On paper.
        Post = "post", "Post";
        /// In person.
        InPerson = "in_person", "In person";
        /// By this server's own interface.
        Api = "api", "API";
        /// By OpenDSR, from the controller.
        OpenDsr = "opendsr", "OpenDSR";
    }
}

words! {
    /// How it stands.
    RequestState {
        /// It has come in; nothing has been done yet.
        Pending = "pending", "Pending";
        /// It is being carried out.
        InProgress = "in_progress", "In progress";
        /// It was carried out.
        Completed = "completed", "Completed";
        /// It was taken back before anything was done.
        Cancelled = "cancelled", "Cancelled";
        /// It was refused, on a ground that is named.
        Declined = "declined", "Declined";
    }
}

words! {
    /// A step in the history of a request.
    Step {
        /// It came in.
        Received = "received", "Received";
        /// The person was told that it came in.
        Confirmed = "confirmed", "Receipt confirmed";
        /// Somebody made sure who asks.
        Verified = "verified", "Identity verified";
        /// The term was extended.
        Extended = "extended", "Extended";
        /// Somebody, or the server, began to carry it out.
        Started = "started", "Started";
        /// It could not be carried out at this try.
        Failed = "failed", "Not carried out yet";
        /// It was carried out.
        Completed = "completed", "Completed";
        /// It was taken back.
        Cancelled = "cancelled", "Cancelled";
        /// It was refused.
        Declined = "declined", "Declined";
        /// The answer was downloaded.
        Downloaded = "downloaded", "Answer downloaded";
        /// Nothing here says any more who it was.
        Forgotten = "forgotten", "Identities removed from the record";
    }
}
