/** A resident's own record, both cities side by side. One city down never hides the other. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { moment } from '../format';
import { tag, tl, type Params } from '../i18n';
import { Icon, type IconName } from '../icons';
import type { AccountCard, AccountSide, Lang } from '../types';
import { CardShell, CityMark, cx, IconButton } from '../ui';
import { Actions } from './actions';
import type { CardHost } from './host';

const ICON: Record<AccountCard['kind'], IconName> = {
  housing_fund: 'home', social_security: 'shield', social_card: 'card', case: 'doc',
};

/** Hides the digits of a value, keeping its shape: `¥12,345.60` → `¥••••`. */
export const hideDigits = (value: string): string => value.replace(/[\d*][\d,.*]*/g, '••••');

function Side({ side, hidden, lang }: { side: AccountSide; hidden: boolean; lang: Lang }): JSX.Element {
  const t = (key: Parameters<typeof tl>[0], params?: Params): string => tl(key, params, lang);
  const show = (value: string): string => (hidden ? hideDigits(value) : value);
  return (
    <section class={cx('side', `side-${side.city}`, `side-${side.state}`)} aria-label={t(`city.${side.city}`)}>
      <CityMark city={side.city} named as={lang} />
      {side.state === 'ok' ? (
        <>
          {side.headline && <p class="side-headline num">{show(side.headline)}</p>}
          <dl class="side-fields">
            {side.fields.map((f) => (
              <div key={f.label}><dt>{f.label}</dt><dd class="num">{show(f.value)}</dd></div>
            ))}
          </dl>
          {side.as_of && <p class="side-as-of num">{t('account.as_of', { date: moment(side.as_of, lang) })}</p>}
        </>
      ) : (
        <div class="side-empty">
          <Icon name={side.state === 'unavailable' ? 'offline' : 'info'} />
          <strong>{t(side.state === 'unavailable' ? 'account.unavailable' : 'account.no_account')}</strong>
          <p>{side.message ?? t(side.state === 'unavailable' ? 'account.unavailable.text' : 'account.no_account.text')}</p>
        </div>
      )}
    </section>
  );
}

export function Account({ card, host }: { card: AccountCard; host: CardHost }): JSX.Element {
  const hidden = useSignal(false);
  const t = (key: Parameters<typeof tl>[0], params?: Params): string => tl(key, params, card.lang);
  const some = card.sides.some((s) => s.state === 'ok');
  return (
    <CardShell label={card.title} lang={tag(card.lang)} class="account">
      <header class="account-head">
        <Icon name={ICON[card.kind]} />
        <div><h3>{card.title}</h3><p>{t('account.holder', { name: card.holder })}</p></div>
        {some && (
          <IconButton
            icon={hidden.value ? 'eye-off' : 'eye'} label={t(hidden.value ? 'account.show' : 'account.hide')}
            onClick={() => (hidden.value = !hidden.value)}
          />
        )}
      </header>
      <div class="sides">
        {card.sides.map((side) => <Side key={side.city} side={side} hidden={hidden.value} lang={card.lang} />)}
      </div>
      {card.note && <p class="card-note">{card.note}</p>}
      <Actions actions={card.actions} host={host} lang={card.lang} />
    </CardShell>
  );
}
