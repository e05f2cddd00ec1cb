/** The chips below a card: what is likely next. */
import type { JSX } from 'preact';
import { safeUrl } from '../format';
import { Icon, type IconName } from '../icons';
import { tl } from '../i18n';
import type { Action, Lang } from '../types';
import { Chip } from '../ui';
import type { CardHost } from './host';

const ICON: Record<Action['kind'], IconName | undefined> = {
  say: undefined, link: 'external', handoff: 'headset', keep: 'list', report: 'info',
};

export function Actions({ actions, host, lang, onKeep }: {
  actions: Action[]; host: CardHost; lang: Lang; onKeep?: () => void;
}): JSX.Element | null {
  const shown = actions.filter((a) => a.kind !== 'link' || safeUrl(a.url));
  if (!shown.length) return null;
  const press = (action: Action) => (): void => {
    if (action.kind === 'handoff') host.handoff?.();
    else if (action.kind === 'keep' && onKeep) onKeep();
    else if (action.token) host.choose?.(action.token, action.title);
  };
  return (
    <ul class="chips" aria-label={tl('answer.next', undefined, lang)}>
      {shown.map((action) => (
        <li key={action.title}>
          {action.kind === 'link' ? (
            <a class="chip" href={safeUrl(action.url) ?? undefined} target="_blank" rel="noopener noreferrer">
              <Icon name="external" />
              <span>{action.title}<span class="sr-only">{tl('new_window', undefined, lang)}</span></span>
            </a>
          ) : (
            <Chip icon={ICON[action.kind]} onClick={press(action)} disabled={!host.choose && action.kind !== 'keep'}>{action.title}</Chip>
          )}
        </li>
      ))}
    </ul>
  );
}
