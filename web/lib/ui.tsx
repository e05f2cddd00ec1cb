/** Small building blocks: buttons, chips, banners, avatars, badges, loading states. */
import type { ButtonHTMLAttributes, ComponentChildren, JSX, Ref } from 'preact';
import { clock, moment, safeUrl } from './format';
import { tl } from './i18n';
import { Icon, type IconName } from './icons';
import type { City, Scope, Status } from './types';

export type Tone = 'neutral' | 'brand' | 'info' | 'success' | 'warning' | 'urgent';

/** Joins class names, leaving out what is false. */
export const cx = (...names: (string | false | null | undefined)[]): string => names.filter(Boolean).join(' ');

type ButtonRest = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'icon' | 'size' | 'ref'>;

export interface ButtonProps extends ButtonRest {
  variant?: 'primary' | 'secondary' | 'quiet' | 'danger';
  size?: 'md' | 'lg' | 'sm';
  icon?: IconName;
  busy?: boolean;
  block?: boolean;
  buttonRef?: Ref<HTMLButtonElement>;
  children: ComponentChildren;
}

export function Button({ variant = 'secondary', size = 'md', icon, busy, block, buttonRef, class: extra, children, disabled, ...rest }: ButtonProps): JSX.Element {
  return (
    <button
      type="button" ref={buttonRef} {...rest} disabled={disabled || busy} aria-busy={busy || undefined}
      class={cx('btn', `btn-${variant}`, `btn-${size}`, block && 'btn-block', extra as string)}
    >
      {busy ? <Spinner /> : icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

/** A button that shows only an icon; `label` is its name and tooltip. */
export function IconButton({ icon, label, tone, pressed, buttonRef, class: extra, ...rest }: ButtonRest & {
  icon: IconName; label: string; tone?: 'danger' | 'brand' | 'plain'; pressed?: boolean; buttonRef?: Ref<HTMLButtonElement>;
}): JSX.Element {
  return (
    <button
      type="button" ref={buttonRef} {...rest} aria-label={label} title={label} aria-pressed={pressed}
      class={cx('icon-btn', tone && `icon-btn-${tone}`, extra as string)}
    >
      <Icon name={icon} />
    </button>
  );
}

/** A rounded suggestion. */
export function Chip({ icon, selected, hint, children, class: extra, ...rest }: ButtonRest & {
  icon?: IconName; selected?: boolean; hint?: string | null; children: ComponentChildren;
}): JSX.Element {
  return (
    <button type="button" {...rest} class={cx('chip', selected && 'chip-on', extra as string)} aria-pressed={selected}>
      {selected ? <Icon name="check" /> : icon && <Icon name={icon} />}
      <span>
        {children}
        {hint && <small>{hint}</small>}
      </span>
    </button>
  );
}

/** A link drawn as a button; unsafe addresses are not drawn at all. */
export function LinkButton({ href, variant = 'secondary', icon, block, children }: {
  href: string; variant?: 'primary' | 'secondary' | 'quiet'; icon?: IconName; block?: boolean; children: ComponentChildren;
}): JSX.Element | null {
  const url = safeUrl(href);
  if (!url) return null;
  const away = /^https?:/.test(url);
  return (
    <a
      class={cx('btn', `btn-${variant}`, 'btn-md', block && 'btn-block')} href={url}
      target={away ? '_blank' : undefined} rel={away ? 'noopener noreferrer' : undefined}
    >
      {icon && <Icon name={icon} />}
      <span>
        {children}
        {away && <span class="sr-only">{tl('new_window')}</span>}
      </span>
    </a>
  );
}

/** The frame every card shares. `label` names the region for readers. */
export function CardShell({ label, lang, tone, class: extra, children }: {
  label: string; lang?: string; tone?: string; class?: string; children: ComponentChildren;
}): JSX.Element {
  return (
    <article class={cx('card', tone && `card-${tone}`, extra)} lang={lang} aria-label={label}>
      {children}
    </article>
  );
}

const TONE_ICON: Record<Tone, IconName> = {
  neutral: 'info', brand: 'info', info: 'info', success: 'success', warning: 'warning', urgent: 'urgent',
};

/** A strip across the page: warming up, offline, sandbox. Polite unless urgent. */
export function Banner({ tone = 'info', icon, action, live = true, children }: {
  tone?: Tone; icon?: IconName; action?: ComponentChildren; live?: boolean; children: ComponentChildren;
}): JSX.Element {
  return (
    <div class={cx('banner', `tone-${tone}`)} role={live ? (tone === 'urgent' ? 'alert' : 'status') : undefined}>
      <Icon name={icon ?? TONE_ICON[tone]} />
      <div class="banner-text">{children}</div>
      {action}
    </div>
  );
}

export function Badge({ tone = 'neutral', icon, children }: { tone?: Tone; icon?: IconName; children: ComponentChildren }): JSX.Element {
  return (
    <span class={cx('badge', `tone-${tone}`)}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </span>
  );
}

const STATUS: Record<Status, { tone: Tone; icon: IconName }> = {
  verified: { tone: 'success', icon: 'success' },
  reported: { tone: 'info', icon: 'info' },
  to_confirm: { tone: 'warning', icon: 'warning' },
};

/** How far a fact can be trusted: icon, words and colour. */
export function StatusBadge({ status, as }: { status: Status; as?: 'zh' | 'en' }): JSX.Element {
  const { tone, icon } = STATUS[status];
  return <Badge tone={tone} icon={icon}>{tl(`status.${status}`, undefined, as)}</Badge>;
}

/** 深 / 莞 in the city's colour. With `named` the city's name follows. */
export function CityMark({ city, named = false, as }: { city: City; named?: boolean; as?: 'zh' | 'en' }): JSX.Element {
  return (
    <span class={cx('city', `city-${city}`)}>
      <span class="city-mark" aria-hidden="true">{tl(`city.mark.${city}`, undefined, as)}</span>
      {named ? <span>{tl(`city.${city}`, undefined, as)}</span> : <span class="sr-only">{tl(`city.${city}`, undefined, as)}</span>}
    </span>
  );
}

/** The cities a thing applies to. */
export function ScopeMark({ scope, as }: { scope: Scope; as?: 'zh' | 'en' }): JSX.Element {
  const cities: City[] = scope === 'both' ? ['shenzhen', 'dongguan'] : [scope];
  return <span class="scope">{cities.map((c) => <CityMark key={c} city={c} named as={as} />)}</span>;
}

/** Round picture of who speaks. */
export function Avatar({ kind, name }: { kind: 'bot' | 'agent' | 'resident'; name?: string | null }): JSX.Element {
  return (
    <span class={cx('avatar', `avatar-${kind}`)} aria-hidden="true">
      {kind === 'bot' ? <BrandMark /> : name ? <span>{[...name][0]}</span> : <Icon name={kind === 'agent' ? 'headset' : 'person'} />}
    </span>
  );
}

/** Our mark: two banks and the bridge between them. */
export function BrandMark(): JSX.Element {
  return (
    <svg class="brand-mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" class="brand-mark-bg" />
      <path d="M5 21.5h22M8 21.5v-8M24 21.5v-8M8 13.5c4 6 12 6 16 0M12 17.2v4.3M16 18v3.5M20 17.2v4.3" class="brand-mark-line" />
    </svg>
  );
}

/** `14:05`, with the full date for readers and on hover. */
export function Timestamp({ at }: { at: string }): JSX.Element {
  return <time class="time num" dateTime={at} title={moment(at)}>{clock(at)}</time>;
}

export function Spinner({ label }: { label?: string }): JSX.Element {
  return <span class="spinner" role={label ? 'status' : undefined} aria-label={label} aria-hidden={label ? undefined : 'true'} />;
}

/** Grey shapes where content will be. */
export function Skeleton({ lines = 3 }: { lines?: number }): JSX.Element {
  return (
    <div class="skeleton" role="status" aria-label={tl('loading')}>
      {Array.from({ length: lines }, (_, i) => <span key={i} class={`skeleton-line skeleton-${i % 3}`} />)}
    </div>
  );
}

/** Three dots: somebody is writing. */
export function TypingDots({ label }: { label: string }): JSX.Element {
  return (
    <span class="typing" role="img" aria-label={label}>
      <i /><i /><i />
    </span>
  );
}

/** One choice of a few, as connected buttons; a radio group to readers. */
export function Segmented<T extends string>({ label, value, options, onChange, name }: {
  label: string; value: T; name: string; onChange: (value: T) => void;
  options: { value: T; label: string; icon?: IconName; lang?: string }[];
}): JSX.Element {
  return (
    <fieldset class="segmented-field">
      <legend>{label}</legend>
      <div class="segmented">
        {options.map((o) => (
          <label key={o.value} class={cx('segment', o.value === value && 'segment-on')} lang={o.lang}>
            <input type="radio" class="sr-only" name={name} value={o.value} checked={o.value === value} onChange={() => onChange(o.value)} />
            {o.icon && <Icon name={o.icon} />}
            <span>{o.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
