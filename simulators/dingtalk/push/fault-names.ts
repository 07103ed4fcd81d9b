/** The faults of event delivery; `path` binds one to event types or topics that hold it. */
export const PUSH_FAULTS = {
  streamOpenRefused: 'connections/open answers HTTP `status` (default 503), `code`; no ticket',
  streamHandshakeRefused: 'the WebSocket is refused with HTTP `status` (default 503); ticket kept',
  streamDisconnect: 'before a push its connection gets `disconnect`; nothing more comes on it',
  streamDropped: 'a connection is cut before a push, or after sending it with `after`',
  streamZombie: 'the connection of the next push stays open, answers pings and delivers nothing',
  pushSlow: 'a push starts `ms` (default 1000) late',
  pushContentless: 'a push comes without content and with error 20001, as with a spent quota',
  eventLost: 'an event is never pushed',
  eventDuplicated: 'an event is pushed once more `ms` (default 0) later although acknowledged',
  eventReordered: 'an event is held until the next one was pushed, `ms` (default 2000) at most',
  eventForged: 'HTTP: a callback with a wrong signature comes before the event',
  robotMessageLost: 'a message to the robot is never pushed',
  robotMessageDuplicated: 'Stream: a message to the robot is pushed twice although acknowledged',
  cardCallbackLost: "a press on a card's button is never pushed",
} as const;
