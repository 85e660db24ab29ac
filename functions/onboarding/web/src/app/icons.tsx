import type { ComponentChildren } from 'preact';

const icon = (paths: ComponentChildren) => (
  <svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{paths}</svg>
);

/** The navigation's pictures; the words beside them name the places. */
export const icons = {
  today: icon(<><circle cx="12" cy="12" r="8.5" /><path d="M12 7v5l3.2 2" /></>),
  load: icon(<><path d="M3.5 20h17" /><path d="M4 15.5l4.5-5 4 3 7-8.5" /></>),
  activities: icon(<><path d="M8.5 6.5h12M8.5 12h12M8.5 17.5h12" /><path d="M4 6.5h.01M4 12h.01M4 17.5h.01" stroke-width="2.6" /></>),
  settings: icon(<><path d="M4 7h9M17.5 7H20M4 17h2.5M11 17h9" /><circle cx="15.2" cy="7" r="2.2" /><circle cx="8.8" cy="17" r="2.2" /></>),
};

export const Logo = () => (
  <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
    <rect width="32" height="32" rx="7" class="logo-ground" />
    <path d="M5 22l6-8 5 5 6-12 5 9" fill="none" stroke="#fff" stroke-width="3" stroke-linejoin="round" stroke-linecap="round" />
  </svg>
);
