import { Register } from "./account/Register.tsx";
import { ResetPassword } from "./account/ResetPassword.tsx";
import { SignIn } from "./account/SignIn.tsx";
import { Button } from "./components/Button.tsx";
import { ErrorNote, Loading } from "./components/Notes.tsx";
import { Notices } from "./components/Notices.tsx";
import { usePlace } from "./router.tsx";
import { Shell } from "./shell/Shell.tsx";
import { lookWhoWeAre, session } from "./state/session.ts";
import { useStore } from "./state/store.ts";
import { strings } from "./strings.ts";

/** The whole app: what is shown depends on who is here first, and on the path then. */
export function App() {
  return (
    <>
      <Whole />
      <Notices />
    </>
  );
}

function Whole() {
  const state = useStore(session);
  const { path } = usePlace();
  if (path === "/reset-password") return <ResetPassword />;
  if (state.is === "unknown") return <Loading />;
  if (state.is === "unreachable") {
    return (
      <main className="outside">
        <h1 className="brand">{strings.product}</h1>
        <div className="card">
          <ErrorNote error={state.error} />
          <Button look="primary" onClick={() => void lookWhoWeAre()}>
            {strings.common.retry}
          </Button>
        </div>
      </main>
    );
  }
  if (state.is === "signed-out") return path === "/register" ? <Register /> : <SignIn wasEnded={state.wasEnded} />;
  // Another user is another app: nothing of the one before may stay.
  return <Shell key={state.user.id} />;
}
