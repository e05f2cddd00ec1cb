/** Small pieces only the desk needs. */
import type { ButtonHTMLAttributes, ComponentChildren, JSX, Ref } from 'preact';
import { elapsed } from '../lib/format';
import { Icon } from '../lib/icons';
import type { City, Lang, Media } from '../lib/types';
import { Badge, CityMark, cx } from '../lib/ui';
import { Glyph, type AnyIcon } from './glyph';
import { keyOf, type Command } from './keys';
import { t } from './text';

/** Title and key of a command, for any button. */
export const hot = (command: Command, label: string): { title: string; 'aria-keyshortcuts': string } => ({
  title: `${label}（${keyOf(command)}）`, 'aria-keyshortcuts': keyOf(command),
});

/** A button that shows only an icon and knows its shortcut. */
export function Tool({ icon, label, command, tone, pressed, buttonRef, class: extra, ...rest }: Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'icon'> & {
  icon: AnyIcon; label: string; command?: Command; tone?: 'danger' | 'brand'; pressed?: boolean; buttonRef?: Ref<HTMLButtonElement>;
}): JSX.Element {
  return (
    <button
      type="button" ref={buttonRef} {...rest} aria-label={label} aria-pressed={pressed}
      {...(command ? hot(command, label) : { title: label })}
      class={cx('icon-btn', tone && `icon-btn-${tone}`, extra as string)}
    >
      <Glyph name={icon} />
    </button>
  );
}

export function CityTag({ city }: { city: City | null }): JSX.Element {
  return city ? <CityMark city={city} named /> : <span class="tag-none">{t('city.none')}</span>;
}

export function LangTag({ value }: { value: Lang }): JSX.Element {
  return <span class="lang-tag" title={t(`lang.${value}`)}><span aria-hidden="true">{value === 'zh' ? '中' : 'EN'}</span><span class="sr-only">{t(`lang.${value}`)}</span></span>;
}

export function MediaTag({ media, short = false }: { media: Media; short?: boolean }): JSX.Element {
  const icon = media === 'video' ? 'camera' : 'chat';
  return short
    ? <span class={cx('media-mark', `media-${media}`)} title={t(`media.${media}`)}><Icon name={icon} label={t(`media.${media}`)} /></span>
    : <Badge tone={media === 'video' ? 'brand' : 'neutral'} icon={icon}>{t(`media.${media}`)}</Badge>;
}

/** Thresholds after which a wait is marked, ms. */
export const LONG_MS = 180_000;
export const VERY_LONG_MS = 600_000;

/** How long someone has been waiting, ticking; says in words when it is long. */
export function Wait({ since, now }: { since: string; now: number }): JSX.Element {
  const ms = Math.max(0, now - Date.parse(since));
  const how = ms >= VERY_LONG_MS ? 'very' : ms >= LONG_MS ? 'long' : 'fine';
  return (
    <span class={cx('wait', `wait-${how}`)}>
      <Icon name={how === 'very' ? 'urgent' : 'clock'} />
      <time class="num" dateTime={since}>{elapsed(ms)}</time>
      {how !== 'fine' && <span class="sr-only">{t(`wait.${how}`)}</span>}
    </span>
  );
}

/** A labelled group inside the context column. */
export function Block({ title, children }: { title: string; children: ComponentChildren }): JSX.Element {
  return <section class="block"><h3>{title}</h3>{children}</section>;
}

/** Masked name, or that there is none. */
export const nameOf = (resident: { name: string | null }): string => resident.name ?? t('resident.anonymous');

export function Facts({ rows }: { rows: [string, ComponentChildren][] }): JSX.Element {
  return <dl class="rows">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

