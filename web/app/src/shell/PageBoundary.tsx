import { Component, type ReactNode } from "react";
import { Button } from "../components/Button.tsx";
import { strings } from "../strings.ts";

/** A page that breaks does not take the others with it; one of an older build is not on the server any more. */
export class PageBoundary extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError(): { isBroken: boolean } {
    return { isBroken: true };
  }

  override render(): ReactNode {
    if (!this.state.isBroken) return this.props.children;
    return (
      <div className="page-content" role="alert">
        <p>{strings.common.loadFailed}</p>
        <Button look="primary" onClick={() => location.reload()}>
          {strings.common.reloadPage}
        </Button>
      </div>
    );
  }
}
