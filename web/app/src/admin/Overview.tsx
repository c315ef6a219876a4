import { Page } from "../components/Page.tsx";
import { strings } from "../strings.ts";

/** Where an admin begins. */
export default function Overview() {
  return <Page title={strings.shell.admin}>{null}</Page>;
}
