// Made from the server's OpenAPI document by `make types`. Do not edit.

export interface paths {
    "/api/agents/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The active agents of the team, newest first; an admin may ask for the inactive ones too. */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    cursor?: string | null;
                    /** @description For admins. */
                    include_inactive?: boolean;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AgentPage"];
                    };
                };
            };
        };
        put?: never;
        /** Add an agent. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewAgent"];
                };
            };
            responses: {
                /** @description Created */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Agent"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/{agent_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent_id: string;
            };
            cookie?: never;
        };
        /** One agent. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    agent_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Agent"];
                    };
                };
            };
        };
        /** Change the fields sent and no others. */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    agent_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["AgentChanges"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Agent"];
                    };
                };
            };
        };
        post?: never;
        /** Delete an agent. Its chats stay readable; sending to them answers 409 agent_unavailable. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    agent_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description No Content */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/{agent_id}/avatar": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent_id: string;
            };
            cookie?: never;
        };
        /** An agent's face. Under the version that avatar_url names it may be kept for a day. */
        get: {
            parameters: {
                query?: {
                    v?: string | null;
                };
                header?: never;
                path: {
                    agent_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The picture */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/webp": string;
                    };
                };
                /** @description It has not changed since If-None-Match */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        /** Give an agent a face: the middle square of a picture, drawn anew as a WebP of 256x256 pixels. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    agent_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "multipart/form-data": components["schemas"]["NewAvatar"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Agent"];
                    };
                };
            };
        };
        /** Take an agent's avatar away. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    agent_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description No Content */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/{agent_id}/feedback": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent_id: string;
            };
            cookie?: never;
        };
        /** How an agent's answers were rated: all counts, and the rated exchanges, newest first. */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    cursor?: string | null;
                    rating?: "up" | "down" | null;
                };
                header?: never;
                path: {
                    agent_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AgentFeedback"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/{agent_id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send one message to the workflow, wait at most 30 s, and say what came of it and what to change. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    agent_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Diagnosis"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The acts of administration in the team, newest first. */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    cursor?: string | null;
                    action?: "user_created" | "user_role_changed" | "user_activated" | "user_deactivated" | "user_password_set" | "invite_created" | "invite_revoked" | "invite_used" | "password_reset_issued" | "password_reset_used" | "team_created" | "team_changed" | "team_deactivated" | "agent_created" | "agent_changed" | "agent_deleted" | null;
                    actor_id?: string | null;
                    target_id?: string | null;
                    /** @description The earliest, included. */
                    from?: string | null;
                    /** @description The latest, not included. */
                    to?: string | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AuditPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign in: both tokens come as cookies. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Login"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["LoginAnswer"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End the session: its tokens work nowhere any more, and the cookies are cleared. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MessageOnly"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["User"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Change the caller's password; its other sessions and the answers that they asked for end. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["PasswordChange"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MessageOnly"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/password-reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Set a new password by a token (404 invalid_reset_token). Every session of the user ends. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["PasswordReset"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MessageOnly"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Exchange the refresh token: both tokens are replaced. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MessageOnly"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make an account in an open team (404 team_not_found), or by an invite (404 invalid_invite). */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Registration"];
                };
            };
            responses: {
                /** @description Created */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["User"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/sessions/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's live sessions, newest first. */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    cursor?: string | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Sign out there: neither of the session's tokens works again, and the answers that it asked for stop. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    session_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description No Content */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chats/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's chats, newest activity first, without their messages. */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    cursor?: string | null;
                    archived?: boolean | null;
                    agent_id?: string | null;
                    /** @description Words; "several as they stand"; -not this one. The last may be a beginning. */
                    q?: string | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChatPage"];
                    };
                };
            };
        };
        put?: never;
        /** Open a chat with an agent. Without a title, the first user message names it. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewChat"];
                };
            };
            responses: {
                /** @description Created */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Chat"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chats/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Archive, unarchive or delete up to 100 chats at once; running answers of deleted ones are stopped first. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["BulkAction"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["BulkOutcome"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chats/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a chat from an exported one, with an agent of your team. Message ids that are absent, unknown or repeated
         *     are made anew; ids of chat, team and user are passed over.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ChatDocument"];
                };
            };
            responses: {
                /** @description Created */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Chat"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chats/{chat_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                chat_id: string;
            };
            cookie?: never;
        };
        /** A chat with its newest messages, or with those before one; and the answer that is being written. */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    before?: string | null;
                };
                header?: never;
                path: {
                    chat_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["OpenChat"];
                    };
                };
            };
        };
        /** Change the fields sent and no others. */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    chat_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ChatChanges"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Chat"];
                    };
                };
            };
        };
        post?: never;
        /** Delete a chat; a running answer is stopped first. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    chat_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description No Content */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chats/{chat_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                chat_id: string;
            };
            cookie?: never;
        };
        /** The whole chat as a download. A connection that ends without a whole body means that it changed meanwhile. */
        get: {
            parameters: {
                query?: {
                    format?: "json" | "markdown";
                };
                header?: never;
                path: {
                    chat_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The same, to read */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChatDocument"];
                        "text/markdown": string;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chats/{chat_id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                chat_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a message. The answer is a stream of events, or one JSON document where Accept or ?stream= says so. */
        post: {
            parameters: {
                query?: {
                    /** @description false: one JSON answer at the end. */
                    stream?: boolean;
                };
                header?: never;
                path: {
                    chat_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewMessage"];
                };
            };
            responses: {
                /** @description The answer, whole or as it is written */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Exchange"];
                        "text/event-stream": string;
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chats/{chat_id}/messages/{message_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                chat_id: string;
                message_id: string;
            };
            cookie?: never;
        };
        get?: never;
        /** Send a message of the user in other words; it and what followed are set aside. Answers as sending does. */
        put: {
            parameters: {
                query?: {
                    /** @description false: one JSON answer at the end. */
                    stream?: boolean;
                };
                header?: never;
                path: {
                    chat_id: string;
                    message_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["EditedMessage"];
                };
            };
            responses: {
                /** @description The answer, whole or as it is written */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Exchange"];
                        "text/event-stream": string;
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chats/{chat_id}/messages/{message_id}/feedback": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                chat_id: string;
                message_id: string;
            };
            cookie?: never;
        };
        get?: never;
        /**
         * Rate an answer, with a comment if you like. The team's admins can read it, with its question and your comment,
         *     until you take the rating back (null).
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    chat_id: string;
                    message_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewFeedback"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Message"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chats/{chat_id}/messages/{message_id}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                chat_id: string;
                message_id: string;
            };
            cookie?: never;
        };
        /** The versions of the turn that a message is in (the user's, or its answer), newest first. */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    cursor?: string | null;
                };
                header?: never;
                path: {
                    chat_id: string;
                    message_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["VersionPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chats/{chat_id}/messages/{message_id}/versions/{n}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                chat_id: string;
                message_id: string;
                n: number;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a version current again, with all that followed it; what is current is set aside in turn. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    chat_id: string;
                    message_id: string;
                    n: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Chat"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chats/{chat_id}/regenerate": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                chat_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask for the last answer again; the one that was there is set aside. Answers as sending does. */
        post: {
            parameters: {
                query?: {
                    /** @description false: one JSON answer at the end. */
                    stream?: boolean;
                };
                header?: never;
                path: {
                    chat_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The answer, whole or as it is written */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Exchange"];
                        "text/event-stream": string;
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chats/{chat_id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                chat_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop the running answer, on whichever worker it runs; what had arrived is kept. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    chat_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Stopped"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chats/{chat_id}/stream": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                chat_id: string;
            };
            cookie?: never;
        };
        /** Join the running answer, or go on after Last-Event-ID; up to 5 minutes after its end, on any worker. */
        get: {
            parameters: {
                query?: {
                    /** @description The id of the last event seen; the header Last-Event-ID goes before it. */
                    last_event_id?: string | null;
                };
                header?: never;
                path: {
                    chat_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The rest of the answer */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/event-stream": string;
                    };
                };
                /** @description Nothing to follow */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/error-logs/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The failures of the team's answers and requests, newest first; the same within an hour is one, with a count. */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    cursor?: string | null;
                    severity?: "info" | "warning" | "error" | "critical" | null;
                    code?: string | null;
                    agent_id?: string | null;
                    chat_id?: string | null;
                    /** @description Seen at that time or later. */
                    since?: string | null;
                    /** @description Seen before that time. */
                    until?: string | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ErrorLogPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/invites/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The team's invites, newest first, without their tokens. */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    cursor?: string | null;
                    state?: "pending" | "used" | "expired" | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["InvitePage"];
                    };
                };
            };
        };
        put?: never;
        /** Make an invite that counts once. Its token is in this answer and nowhere else. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewInvite"];
                };
            };
            responses: {
                /** @description Created */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["IssuedInvite"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/invites/{invite_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                invite_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take an invite away: its token lets nobody in any more. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    invite_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description No Content */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/search/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Messages and titles in the caller's chats with all the words, best first. */
        get: {
            parameters: {
                query: {
                    limit?: number;
                    cursor?: string | null;
                    /** @description Words; "several as they stand"; -not this one. The last may be a beginning. */
                    q: string;
                    agent_id?: string | null;
                    archived?: boolean | null;
                    role?: "user" | "assistant" | null;
                    /** @description The earliest, included. */
                    from?: string | null;
                    /** @description The latest, not included. */
                    to?: string | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["HitPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/team/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The team and its settings. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Team"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change the fields sent and no others. */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["TeamChanges"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Team"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/team/activity/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The team's answers that run now, and those of the last hour or day: how they ended and how long they took. */
        get: {
            parameters: {
                query?: {
                    /** @description hour: by the minute; day: by quarters of an hour. */
                    period?: "hour" | "day";
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Activity"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The accounts of the team, newest first. */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    cursor?: string | null;
                    role?: "user" | "admin" | null;
                    is_active?: boolean | null;
                    /** @description A part of the address or the name. */
                    q?: string | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change a role, deactivate or activate; rights that go are gone at once. 409 last_admin: none would be left. */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    user_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["UserChanges"];
                };
            };
            responses: {
                /** @description OK */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["User"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/users/{user_id}/password-reset": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a token that replaces a member's password once, within an hour; an older one is void. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    user_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Created */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["IssuedReset"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Activity: {
            /** @description The 50 with the most answers, those first. */
            agents?: components["schemas"]["AgentAnswers"][];
            /**
             * Format: date-time
             * @description Later than since where there were more than 20000 answers: those before it.
             */
            counted_since?: string;
            /** @description Most frequent first. */
            failures?: components["schemas"]["FailureCount"][];
            /** @enum {string} */
            period?: "hour" | "day";
            /** @description Answers that are running now, whenever they began. */
            running?: number;
            /** Format: date-time */
            since?: string;
            /** @description Seconds in a step. */
            step_s?: number;
            /** @description All of the period, oldest first. */
            steps?: components["schemas"]["ActivityStep"][];
            total?: components["schemas"]["Answers"];
            /**
             * Format: date-time
             * @description Now.
             */
            until?: string;
        };
        ActivityStep: {
            answers?: components["schemas"]["Answers"];
            /**
             * Format: date-time
             * @description Its start.
             */
            at?: string;
        };
        Agent: {
            avatar_url?: string | null;
            config?: {
                [key: string]: unknown;
            };
            /** Format: date-time */
            created_at?: string;
            /** Format: uuid */
            created_by?: string | null;
            description?: string;
            has_webhook_token?: boolean;
            /** Format: uuid */
            id?: string;
            is_active?: boolean;
            name?: string;
            system_prompt?: string;
            /** Format: uuid */
            team_id?: string;
            /** Format: date-time */
            updated_at?: string;
            webhook_url?: string;
        };
        AgentAnswers: {
            /** Format: uuid */
            agent_id?: string;
            answers?: components["schemas"]["Answers"];
            name?: string;
        };
        AgentChanges: {
            config?: {
                [key: string]: unknown;
            };
            description?: string;
            is_active?: boolean;
            name?: string;
            system_prompt?: string;
            /** @description Write-only. null takes it away. */
            webhook_token?: string | null;
            /** Format: uri */
            webhook_url?: string;
        };
        AgentFeedback: {
            counts?: components["schemas"]["Counts"];
            items?: components["schemas"]["RatedExchange"][];
            next_cursor?: string | null;
        };
        AgentPage: {
            items?: components["schemas"]["Agent"][];
            next_cursor?: string | null;
        };
        Answers: {
            counts?: components["schemas"]["StatusCounts"];
            /** @description Of those that are complete. */
            duration_ms?: components["schemas"]["Quantiles"];
            first_token_ms?: components["schemas"]["Quantiles"];
        };
        AuditEvent: {
            action?: string;
            /** @description As it was. */
            actor_email?: string | null;
            /** Format: uuid */
            actor_id?: string | null;
            /** @description user, or cli: the operator's command line. */
            actor_type?: string;
            /** Format: date-time */
            created_at?: string;
            details?: {
                [key: string]: unknown;
            };
            /** Format: uuid */
            id?: string;
            ip?: string | null;
            request_id?: string | null;
            /** Format: uuid */
            target_id?: string;
            /** @description An address or a name, as it was. */
            target_label?: string;
            target_type?: string;
            user_agent?: string;
        };
        AuditPage: {
            items?: components["schemas"]["AuditEvent"][];
            next_cursor?: string | null;
        };
        BulkAction: {
            /** @enum {string} */
            action: "archive" | "unarchive" | "delete";
            ids: string[];
        };
        BulkOutcome: {
            done?: string[];
            not_found?: string[];
        };
        Chat: {
            /** Format: uuid */
            agent_id?: string;
            /** Format: date-time */
            created_at?: string;
            /** Format: uuid */
            id?: string;
            is_archived?: boolean;
            message_count?: number;
            metadata?: {
                [key: string]: unknown;
            };
            /** Format: uuid */
            team_id?: string;
            title?: string | null;
            /** Format: date-time */
            updated_at?: string;
            /** Format: uuid */
            user_id?: string;
        };
        ChatChanges: {
            is_archived?: boolean;
            metadata?: {
                [key: string]: unknown;
            };
            title?: string;
        };
        ChatDocument: {
            /** Format: uuid */
            agent_id?: string;
            /** Format: date-time */
            created_at?: string;
            /** Format: uuid */
            id?: string;
            is_archived?: boolean;
            message_count?: number;
            messages?: components["schemas"]["Message"][];
            metadata?: {
                [key: string]: unknown;
            };
            /** Format: uuid */
            team_id?: string;
            title?: string | null;
            /** Format: date-time */
            updated_at?: string;
            /** Format: uuid */
            user_id?: string;
            /** @enum {integer} */
            version?: 1;
        };
        ChatPage: {
            items?: components["schemas"]["ListedChat"][];
            next_cursor?: string | null;
        };
        Counts: {
            down?: number;
            up?: number;
        };
        Diagnosis: {
            /** @description Pieces of text. */
            chunks?: number;
            code?: string;
            /** @description What happened and what to change in the workflow. */
            detail?: string;
            /** @enum {string|null} */
            format?: "n8n_lines" | "server_sent_events" | "json" | "text" | null;
            ok?: boolean;
            /** @description The start of the text. */
            sample?: string | null;
            /** @description The workflow's HTTP status. */
            status_code?: number | null;
            /** @description false when the text came in one piece. */
            streaming?: boolean;
            /** @description To the first byte of the body; null when none came. */
            time_to_first_byte_ms?: number | null;
            total_ms?: number;
        };
        EditedMessage: {
            content: string;
        };
        ErrorLog: {
            /** Format: uuid */
            agent_id?: string | null;
            /** Format: uuid */
            chat_id?: string | null;
            /** @description The code that the user was shown; job_failed, degraded. */
            code?: string;
            context?: {
                [key: string]: unknown;
            };
            count?: number;
            /** Format: date-time */
            first_seen_at?: string;
            /** Format: uuid */
            id?: string;
            /** Format: date-time */
            last_seen_at?: string;
            /** @description Of a workflow: what it said. */
            message?: string;
            method?: string | null;
            path?: string | null;
            request_id?: string | null;
            /** @description info, warning, error, critical */
            severity?: string;
            /** Format: uuid */
            user_id?: string | null;
        };
        ErrorLogPage: {
            items?: components["schemas"]["ErrorLog"][];
            next_cursor?: string | null;
        };
        Exchange: {
            message?: components["schemas"]["Message"];
            user_message?: components["schemas"]["Message"];
        };
        FailureCount: {
            code?: string;
            count?: number;
        };
        Feedback: {
            comment?: string;
            /** @enum {string} */
            rating?: "up" | "down";
        };
        Hit: {
            /** Format: uuid */
            chat_id?: string;
            chat_title?: string | null;
            /** @description null: the title was found. */
            message?: components["schemas"]["Message"] | null;
            /** @description Higher is better; compares within one search only. */
            rank?: number;
            /** @description HTML: escaped, the words found in <mark>. */
            snippet?: string;
        };
        HitPage: {
            items?: components["schemas"]["Hit"][];
            next_cursor?: string | null;
        };
        Invite: {
            /** Format: date-time */
            created_at?: string;
            /** Format: uuid */
            created_by?: string | null;
            email?: string | null;
            /** Format: date-time */
            expires_at?: string;
            /** Format: uuid */
            id?: string;
            /** @enum {string} */
            role?: "user" | "admin";
            /** @enum {string} */
            state?: "pending" | "used" | "expired";
            /** Format: date-time */
            used_at?: string | null;
            /** Format: uuid */
            used_by?: string | null;
        };
        InvitePage: {
            items?: components["schemas"]["Invite"][];
            next_cursor?: string | null;
        };
        IssuedInvite: {
            /** Format: date-time */
            created_at?: string;
            /** Format: uuid */
            created_by?: string | null;
            email?: string | null;
            /** Format: date-time */
            expires_at?: string;
            /** Format: uuid */
            id?: string;
            /** @enum {string} */
            role?: "user" | "admin";
            /** @enum {string} */
            state?: "pending" | "used" | "expired";
            /** @description Shown this once. */
            token?: string;
            /** Format: date-time */
            used_at?: string | null;
            /** Format: uuid */
            used_by?: string | null;
        };
        IssuedReset: {
            /** Format: date-time */
            expires_at?: string;
            /** @description Shown this once. */
            token?: string;
            /** Format: uuid */
            user_id?: string;
        };
        ListedChat: {
            /** Format: uuid */
            agent_id?: string;
            /** Format: date-time */
            created_at?: string;
            generation?: components["schemas"]["RunningGeneration"] | null;
            /** Format: uuid */
            id?: string;
            is_archived?: boolean;
            message_count?: number;
            metadata?: {
                [key: string]: unknown;
            };
            /** Format: uuid */
            team_id?: string;
            title?: string | null;
            /** Format: date-time */
            updated_at?: string;
            /** Format: uuid */
            user_id?: string;
        };
        Login: {
            email: string;
            password: string;
            /**
             * Format: uuid
             * @default null
             */
            team_id: string | null;
        };
        LoginAnswer: {
            message?: string;
            user?: components["schemas"]["User"];
        };
        Message: {
            content?: string;
            feedback?: components["schemas"]["Feedback"];
            id?: string;
            metadata?: {
                [key: string]: unknown;
            };
            /** @enum {string} */
            role?: "user" | "assistant";
            /**
             * @description Of an answer.
             * @enum {string}
             */
            status?: "complete" | "stopped" | "error" | "interrupted";
            /** Format: date-time */
            timestamp?: string;
        };
        MessageOnly: {
            message?: string;
        };
        NewAgent: {
            config?: {
                [key: string]: unknown;
            };
            description?: string;
            is_active?: boolean;
            name: string;
            system_prompt?: string;
            /** @description Write-only. null takes it away. */
            webhook_token?: string | null;
            /** Format: uri */
            webhook_url: string;
        };
        NewAvatar: {
            /**
             * Format: binary
             * @description PNG, JPEG, GIF or WebP by its content; at most 2 MiB and 25 megapixels.
             */
            file: string;
        };
        NewChat: {
            /** Format: uuid */
            agent_id: string;
            metadata?: {
                [key: string]: unknown;
            };
            title?: string;
        };
        NewFeedback: {
            /** @default null */
            comment: string | null;
            /** @enum {string|null} */
            rating: "up" | "down" | null;
        };
        NewInvite: {
            /**
             * Format: email
             * @description The one address that may use it; else anybody.
             */
            email?: string | null;
            /** @description Hours; 72 unless set otherwise. */
            expires_in_h?: number;
            /**
             * @default user
             * @enum {string}
             */
            role: "user" | "admin";
        };
        NewMessage: {
            content: string;
            metadata?: {
                [key: string]: unknown;
            };
        };
        OpenChat: {
            /** Format: uuid */
            agent_id?: string;
            /** Format: date-time */
            created_at?: string;
            generation?: components["schemas"]["RunningGeneration"] | null;
            has_more?: boolean;
            /** Format: uuid */
            id?: string;
            is_archived?: boolean;
            message_count?: number;
            messages?: components["schemas"]["Message"][];
            metadata?: {
                [key: string]: unknown;
            };
            /** Format: uuid */
            team_id?: string;
            title?: string | null;
            /** Format: date-time */
            updated_at?: string;
            /** Format: uuid */
            user_id?: string;
            /** @description By the id of a user's message: the turns shown that have more than one version. */
            versions?: {
                [key: string]: components["schemas"]["TurnVersions"];
            };
        };
        PaginationMetadata: {
            /** @description First available page number. */
            first_page?: number;
            /** @description Last available page number. */
            last_page?: number;
            /** @description Next page number. */
            next_page?: number;
            /** @description Current page number. */
            page?: number;
            /** @description Previous page number. */
            previous_page?: number;
            /** @description Total number of items. */
            total?: number;
            /** @description Total number of pages. */
            total_pages?: number;
        };
        PasswordChange: {
            current_password: string;
            /** @description Not the address, nor a common one. */
            new_password: string;
        };
        PasswordReset: {
            /** @description Not the address, nor a common one. */
            new_password: string;
            token: string;
        };
        Problem: {
            /** @description A stable word to switch on. */
            code: string;
            detail: string;
            /** @description On 422: the reasons by field, inner fields with a dot. */
            errors?: {
                [key: string]: string[];
            };
            request_id: string;
            status: number;
            title: string;
            type: string;
        };
        Quantiles: {
            p50?: number | null;
            p95?: number | null;
        };
        RatedExchange: {
            answer?: string;
            /** Format: uuid */
            chat_id?: string;
            comment?: string | null;
            /** Format: uuid */
            id?: string;
            /** Format: uuid */
            message_id?: string;
            question?: string | null;
            /** Format: date-time */
            rated_at?: string;
            /** @enum {string} */
            rating?: "up" | "down";
            /** Format: uuid */
            user_id?: string;
        };
        Registration: {
            /** Format: email */
            email: string;
            /** @description The token of an invite. */
            invite?: string;
            /** @default  */
            name: string;
            /** @description Not the address, nor a common one. */
            password: string;
            /** Format: uuid */
            team_id?: string;
        };
        RunningGeneration: {
            /** Format: uuid */
            id?: string;
            status?: string;
        };
        Session: {
            /** Format: date-time */
            created_at?: string;
            /** @description The one that asks. */
            current?: boolean;
            /** Format: uuid */
            id?: string;
            /** @description Where it was begun. */
            ip?: string | null;
            /**
             * Format: date-time
             * @description Exact to 5 minutes.
             */
            last_used_at?: string;
            user_agent?: string;
        };
        SessionPage: {
            items?: components["schemas"]["Session"][];
            next_cursor?: string | null;
        };
        StatusCounts: {
            complete?: number;
            error?: number;
            interrupted?: number;
            running?: number;
            stopped?: number;
        };
        Stopped: {
            stopped?: boolean;
        };
        Team: {
            /** Format: date-time */
            created_at?: string;
            /** Format: uuid */
            id?: string;
            name?: string;
            /** @enum {string} */
            registration?: "open" | "invite";
            retention_days?: number | null;
            slug?: string;
        };
        TeamChanges: {
            name?: string;
            /**
             * @description open: whoever knows the team's id may register; invite: only with an invite.
             * @enum {string}
             */
            registration?: "open" | "invite";
            /** @description Days that chats are kept; null: for ever. */
            retention_days?: number | null;
        };
        TurnVersions: {
            count?: number;
            n?: number;
        };
        User: {
            /** Format: date-time */
            created_at?: string;
            email?: string;
            /** Format: uuid */
            id?: string;
            is_active?: boolean;
            name?: string;
            /** @enum {string} */
            role?: "user" | "admin";
            /** Format: uuid */
            team_id?: string;
        };
        UserChanges: {
            is_active?: boolean;
            /** @enum {string} */
            role?: "user" | "admin";
        };
        UserPage: {
            items?: components["schemas"]["User"][];
            next_cursor?: string | null;
        };
        Version: {
            /** Format: date-time */
            created_at?: string;
            /** @description It is the one in the chat. */
            current?: boolean;
            /** @description The turn's messages, and all that followed them. */
            message_count?: number;
            /** @description The user's message and the first after it, the answer; none while it is written. */
            messages?: components["schemas"]["Message"][];
            /** @description Counted from 1 in the order of their making. */
            n?: number;
        };
        VersionPage: {
            items?: components["schemas"]["Version"][];
            next_cursor?: string | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
