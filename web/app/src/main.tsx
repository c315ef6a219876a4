import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { startSession } from "./state/session.ts";
import { startTheme } from "./state/theme.ts";
import { direction, language } from "./strings.ts";
import "./styles/index.css";

document.documentElement.lang = language;
document.documentElement.dir = direction;
startTheme();
startSession();

const place = document.getElementById("app");
if (place) {
  createRoot(place).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
