/** Ask a person from a program: what agents, and programs for people, import. */

export { isPrompt, isResponse, readMessage } from "./model.js";
export type {
  Authorization,
  ChannelInfo,
  Content,
  Delivery,
  Health,
  Message,
  Navigate,
  NewContent,
  Notification,
  PendingItem,
  Priority,
  PromptContent,
  PromptState,
  Question,
  Queue,
  Rate,
  Response,
  ResponseMessage,
  ResponseType,
  SenderType,
  Showing,
} from "./model.js";
export type {
  FieldValue,
  Filling,
  FormBoolean,
  FormChoice,
  FormChoices,
  FormField,
  FormNumber,
  FormOption,
  FormResponse,
  FormSchema,
  FormText,
  FormValue,
} from "./form.js";
export { type Approval, Decision, type Proof } from "./approval.js";
export { VERSION } from "./version.js";
export { AiloopClient, type ClientOptions, DEFAULT_URL } from "./client.js";
export type { AskOptions, AuthorizeOptions, NavigateOptions, SayOptions } from "./agent.js";
export type { RespondOptions, SubscribeOptions } from "./person.js";
export type { ShowOptions } from "./presence.js";
export type {
  Asking,
  Contextual,
  Editable,
  Leaving,
  Posting,
  Prompting,
  Waiting,
} from "./steps.js";
export type { Subscription } from "./subscription.js";
export {
  AiloopError,
  AlreadySettled,
  BadKeyFile,
  Busy,
  Conflict,
  ConnectionLost,
  type ErrorBody,
  Expired,
  Incompatible,
  Invalid,
  MissedMessages,
  NotAllowed,
  NotAuthorized,
  NotFound,
  PromptLost,
  ReceiptInvalid,
  Refused,
  SealedPrompt,
  Unauthenticated,
  Unavailable,
  Undelivered,
  Unreachable,
  UnfitAnswer,
  UnreadAnswer,
} from "./errors.js";
export { type PromptRef, Ticket, type TicketMembers } from "./ticket.js";
export type { Token } from "./credential.js";
export type { ConnectionState, Patience } from "./patience.js";
export type { Kept, Receipt, Receipts, Sealing, Told } from "./sealing.js";
export type { WebSocketClass, WebSocketLike } from "./socket.js";
export { idOfKey, newId } from "./ids.js";
export { ClientEvent, type ClientEvents, Emitter, type Listener } from "./events.js";
