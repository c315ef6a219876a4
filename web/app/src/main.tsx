import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

const place = document.getElementById("app");
if (place) {
  createRoot(place).render(
    <StrictMode>
      <h1>ChatStream</h1>
    </StrictMode>,
  );
}
