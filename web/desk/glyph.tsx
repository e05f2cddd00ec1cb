/** Icons only the desk needs, drawn like those of `lib/icons.tsx`. */
import type { JSX } from 'preact';
import { Icon, type IconName } from '../lib/icons';

const PATHS = {
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15L6 16.5ZM10 21h4',
  'bell-off': 'M4 4l16 16M6.5 9A6 6 0 0 1 16 6.6M18 11v3M6 11v5.5L4.5 18H17M10 21h4',
  keyboard: 'M3 6h18v12H3V6ZM6.5 9.5h.01M10 9.5h.01M13.5 9.5h.01M17.5 9.5h.01M6.5 12.5h.01M10 12.5h.01M13.5 12.5h.01M17.5 12.5h.01M8.5 15.5h7',
  queue: 'M4 6h10M4 11h10M4 16h6M18 9v10M15 16l3 3 3-3',
  back: 'M9 7l-5 5 5 5M4 12h11a5 5 0 0 1 5 5v1',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.5 15.5L20.5 20.5',
  insert: 'M4 5h16M4 10h9M4 15h6M17 12v8M13.5 16.5L17 20l3.5-3.5',
  pen: 'M4 20l1-4L16 5l3 3L8 19l-4 1ZM14 7l3 3',
} as const;

export type GlyphName = keyof typeof PATHS;
export type AnyIcon = IconName | GlyphName;

/** Any icon, ours or the shared ones; always decoration. */
export function Glyph({ name }: { name: AnyIcon }): JSX.Element {
  if (!(name in PATHS)) return <Icon name={name as IconName} />;
  return (
    <svg class="icon" viewBox="0 0 24 24" width="24" height="24" focusable="false" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">
      <path d={PATHS[name as GlyphName]} />
    </svg>
  );
}
