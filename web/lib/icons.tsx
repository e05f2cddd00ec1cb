/** Icons as inline SVG, drawn on a 24-pixel grid with a 1.75 stroke; decorative unless labelled. */
import type { JSX } from 'preact';

const PATHS = {
  send: 'M5 12h13M12 5l7 7-7 7',
  up: 'M12 19V5M5 12l7-7 7 7',
  down: 'M12 5v14M5 12l7 7 7-7',
  'thumb-up': 'M7 10.5l4-7.5a2.4 2.4 0 0 1 2.3 3L12.5 9.5H19a2 2 0 0 1 2 2.4l-1.2 6A2.5 2.5 0 0 1 17.4 20H7V10.5ZM7 10.5H3.5V20H7',
  'thumb-down': 'M17 13.5l-4 7.5a2.4 2.4 0 0 1-2.3-3l.8-3.5H5a2 2 0 0 1-2-2.4l1.2-6A2.5 2.5 0 0 1 6.6 4H17v9.5ZM17 13.5h3.5V4H17',
  chevron: 'M6 9l6 6 6-6',
  right: 'M9 6l6 6-6 6',
  close: 'M6 6l12 12M18 6L6 18',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  plus: 'M12 5v14M5 12h14',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c.6-3.8 3.7-6 7.5-6s6.9 2.2 7.5 6',
  headset: 'M4 14v-2a8 8 0 0 1 16 0v2M4 14a2 2 0 0 1 2-2h1v6H6a2 2 0 0 1-2-2v-2Zm16 0a2 2 0 0 0-2-2h-1v6h1a2 2 0 0 0 2-2v-2Zm-2 4v.5a2.5 2.5 0 0 1-2.5 2.5H13',
  globe: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3 12h18M12 3c2.5 2.6 3.8 5.6 3.8 9s-1.3 6.4-3.8 9c-2.5-2.6-3.8-5.6-3.8-9S9.5 5.6 12 3Z',
  text: 'M3 19l5-13 5 13M5 14h6M15 19l3-8 3 8M16 16.5h4',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z',
  auto: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 3v18M12 7h6.7M12 12h9M12 17h6.7',
  mic: 'M12 15a3.5 3.5 0 0 0 3.5-3.5v-5a3.5 3.5 0 0 0-7 0v5A3.5 3.5 0 0 0 12 15ZM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3',
  'mic-off': 'M4 4l16 16M8.5 8.5v3A3.5 3.5 0 0 0 14 14.3M15.5 10.5v-4a3.5 3.5 0 0 0-6.8-1.2M5.5 11.5a6.5 6.5 0 0 0 10.2 5.3M18.5 11.5c0 .9-.2 1.7-.5 2.5M12 18v3',
  camera: 'M4.5 6.5h9a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2ZM15.5 10.5l6-3v9l-6-3',
  'camera-off': 'M4 4l16 16M15.5 13.5v2a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2h2M10.5 6.5h3a2 2 0 0 1 2 2v2l6-3v9',
  phone: 'M6.5 3.5h3l1.5 4-2 1.5a12 12 0 0 0 6 6l1.5-2 4 1.5v3a2 2 0 0 1-2.2 2A17 17 0 0 1 4.5 5.7a2 2 0 0 1 2-2.2Z',
  'hang-up': 'M3 14.5c0-2.5 4-5 9-5s9 2.5 9 5l-.6 2.3-4.4-.8v-2.5a13 13 0 0 0-8 0V16l-4.4.8L3 14.5Z',
  gear: 'M12 15.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4ZM19.5 12l2-1.3-2-3.4-2.2 1a7 7 0 0 0-1.8-1L15.2 5h-4l-.6 2.3a7 7 0 0 0-1.8 1l-2.2-1-2 3.4 2 1.3-2 1.3 2 3.4 2.2-1a7 7 0 0 0 1.8 1l.6 2.3h4l.5-2.3a7 7 0 0 0 1.8-1l2.2 1 2-3.4-2.2-1.3Z',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5.5M12 7.5v.01',
  warning: 'M12 3.5l9.5 16.5h-19L12 3.5ZM12 10v4.5M12 17.2v.01',
  urgent: 'M8 3h8l5 5v8l-5 5H8l-5-5V8l5-5ZM12 7.5v5.5M12 16.3v.01',
  success: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8 12.3l2.8 2.8L16 9.8',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3.5 2',
  pin: 'M12 21.5c4.5-4.5 7-8 7-11.3A7 7 0 0 0 5 10.2c0 3.3 2.5 6.8 7 11.3ZM12 12.7a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4Z',
  doc: 'M6 3h8l4.5 4.5V21H6V3ZM14 3v5h4.5M9 12.5h6M9 16.5h6',
  coin: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.5 7.5l3.5 4.5 3.5-4.5M12 12v5.5M9 12.3h6M9 15h6',
  list: 'M4 6.5l1.3 1.3L7.5 5.5M4 12.5l1.3 1.3 2.2-2.3M4 18.5l1.3 1.3 2.2-2.3M11 7h9M11 13h9M11 19h9',
  copy: 'M9 9h11v11H9V9ZM5.5 15H4V4h11v1.5',
  print: 'M7 8V3h10v5M7 17H4V8h16v9h-3M7 14h10v7H7v-7Z',
  share: 'M12 15V4M8 7.5L12 3.5l4 4M5 12v8h14v-8',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
  'eye-off': 'M4 4l16 16M9.9 5.8c.7-.2 1.4-.3 2.1-.3 6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-2.7 3.5M6.5 7.3A16.5 16.5 0 0 0 2.5 12s3.5 6.5 9.5 6.5c1.7 0 3.2-.5 4.5-1.2M9.9 9.9a3 3 0 0 0 4.2 4.2',
  refresh: 'M20 5v5h-5M4 19v-5h5M5.2 9.5A7.5 7.5 0 0 1 19.5 10M18.8 14.5A7.5 7.5 0 0 1 4.5 14',
  external: 'M14 4h6v6M20 4l-9 9M18 14v6H4V6h6',
  shield: 'M12 3l8 3v6c0 4.5-3.3 8-8 9.5C7.3 20 4 16.5 4 12V6l8-3ZM8.5 12l2.5 2.5 4.5-4.5',
  wallet: 'M4 7.5h15a1.5 1.5 0 0 1 1.5 1.5v10H5.5A1.5 1.5 0 0 1 4 17.5v-11A2.5 2.5 0 0 1 6.5 4H17v3.5M16.5 13.5v.01',
  card: 'M3 6h18v12.5H3V6ZM3 10h18M6.5 15h4',
  home: 'M3.5 11.5L12 4l8.5 7.5M6 10v10h12V10M10 20v-5.5h4V20',
  heart: 'M12 20.5S3.5 15.5 3.5 9.3A4.7 4.7 0 0 1 12 6.7a4.7 4.7 0 0 1 8.5 2.6c0 6.2-8.5 11.2-8.5 11.2ZM8 11.5h2.2l1.3-2.5 1.6 5 1.2-2.5H16.5',
  expand: 'M14 4h6v6M10 20H4v-6M20 4l-7 7M4 20l7-7',
  shrink: 'M20 10h-6V4M4 14h6v6M14 10l6-6M10 14l-6 6',
  chat: 'M4 5h16v11.5H11L6.5 20.5v-4H4V5ZM8 9.5h8M8 12.5h5',
  signal: 'M4 19v-3M9.3 19v-6.5M14.7 19V9M20 19V4.5',
  logout: 'M10 4H4v16h6M15 8l4.5 4-4.5 4M19 12H9.5',
  offline: 'M3 3l18 18M5 12.5a10 10 0 0 1 4-2.4M8.5 16a5 5 0 0 1 6 -.6M2 8.7A14.5 14.5 0 0 1 6 6.2M11 5a14.6 14.6 0 0 1 11 3.7M14.5 10a10 10 0 0 1 4.5 2.5M12 19.5v.01',
} as const;

export type IconName = keyof typeof PATHS | 'star';

const STAR = 'M12 3.3l2.7 5.6 6.1.8-4.5 4.2 1.2 6.1L12 17l-5.5 3 1.2-6.1-4.5-4.2 6.1-.8L12 3.3Z';

/** One icon. With `label` it is an image with a name, without it is decoration. */
export function Icon({ name, label, filled = false, class: extra = '' }: {
  name: IconName; label?: string; filled?: boolean; class?: string;
}): JSX.Element {
  const named = label ? { role: 'img' as const, 'aria-label': label } : { 'aria-hidden': 'true' as const };
  return (
    <svg
      class={`icon ${extra}`} viewBox="0 0 24 24" width="24" height="24" focusable="false" {...named}
      fill={filled ? 'currentColor' : 'none'} stroke="currentColor" stroke-width="1.75"
      stroke-linecap="round" stroke-linejoin="round"
    >
      <path d={name === 'star' ? STAR : PATHS[name]} />
    </svg>
  );
}
