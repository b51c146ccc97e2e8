import { z } from 'zod';
import { EndNotice, InjectionNotice, Sender, type Notice } from '../model/entities/notice.ts';

const More = {
  version: z.literal(1),
  /** When it was made. */
  at: z.iso.datetime(),
  from: Sender,
};

/** The body of a webhook's request. */
export const NoticeBody = z.discriminatedUnion('about', [
  InjectionNotice.extend(More),
  EndNotice.extend(More),
]);
export type NoticeBody = z.infer<typeof NoticeBody>;

export function makeBody(notice: Notice, from: Sender, at: string): NoticeBody {
  return { version: 1, at, from, ...notice };
}

/** The same for Slack: a text for notifications, and a block to be read. */
export function makeSlackBody(notice: NoticeBody): object {
  const text = escapeForSlack(linesOf(notice).join('\n'));
  return { text: text.split('\n')[0], blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }] };
}

/** Slack takes 3,000 characters in the text of a section. */
const LONGEST = 2_900;

function linesOf(notice: NoticeBody): readonly string[] {
  const { title, label, cluster, service, region, build, drill, from } = notice;
  const where = `${service === null ? '' : `service ${service}, `}cluster ${cluster}, ${region}`;
  const who = `${from.user} on ${from.host}${from.job === null ? '' : `, ${from.job}`}`;
  const rig = label === null ? '' : ` [${label}]`;
  const about =
    notice.about === 'injection'
      ? [`Game day: about to inject ${notice.fault}${rig}: ${title}`, ...notice.calls]
      : [
          `Game day: ${notice.outcome}${notice.reason === notice.outcome ? '' : ` (${notice.reason})`}${rig}: ${title}`,
          ...[notice.said, notice.cause, notice.next].filter((line) => line !== null),
        ];
  return [
    ...about,
    where,
    ...(build === null ? [] : [`build #${build.number}: ${build.url}`]),
    `drill ${drill}, by ${who}`,
  ];
}

/** https://docs.slack.dev/messaging/formatting-message-text: these three alone, so that no text of others becomes a link or a mention. */
function escapeForSlack(text: string): string {
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)} ...` : text;
  return shown.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
