/** The SDK as a merchant's page sees it: `window.IMP`. */

/** Parameters of `request_pay`. Those not listed here pass through to the gateway untouched. */
export interface RequestPayParams {
  /** A channel's key; takes the place of `pg`. */
  channelKey?: string;
  /** `provider` or `provider.MID`; without it, or with an unknown one, the default channel. */
  pg?: string;
  /** `card` when missing. */
  pay_method?: string;
  /** The order's number at the merchant, at most 40 characters. A number becomes text. */
  merchant_uid?: string | number;
  /** The order's name. */
  name?: string;
  /** In the currency's usual unit (won, dollars). A numeric text is accepted. */
  amount: number | string;
  /** ISO 4217; the channel's currency when missing. */
  currency?: string;
  /** Under which name the billing key is kept. Required: only key registration is built. */
  customer_uid: string;
  buyer_name?: string;
  buyer_tel?: string;
  buyer_email?: string;
  buyer_addr?: string;
  buyer_postcode?: string;
  /** Comes back in the result as it was given. */
  custom_data?: unknown;
  /** `ko` or `en`. */
  language?: string;
  /** Where a mobile browser lands, with `imp_uid`, `merchant_uid` and `imp_success` in the query. */
  m_redirect_url?: string;
  app_scheme?: string;
  /** On mobile, asks for a popup (true) or for a layer (false) where the gateway offers both. */
  popup?: boolean;
  notice_url?: string | string[];
  /** Your server is asked here before the gateway is. */
  confirm_url?: string;
  /** With `info`, pays without a window where the channel's gateway can; never sent to our server. */
  card?: { info?: CardInfo; [other: string]: unknown };
  [other: string]: unknown;
}

/** A card that the shop's own page has asked for. Spaces and dashes do not matter. */
export interface CardInfo {
  /** Or `card_number`. */
  number?: string;
  card_number?: string;
  /** MM/YY, MM/YYYY or YYYY-MM; or `exp_month` and `exp_year`. */
  expiry?: string;
  /** Also as `month` or `expiry_month`. */
  exp_month?: string | number;
  /** Two digits or four; also as `year` or `expiry_year`. */
  exp_year?: string | number;
  /** Or `cvv`. */
  cvc?: string;
  cvv?: string;
  [other: string]: unknown;
}

/** What the callback receives. On success `error_code` and `error_msg` are absent. */
export interface RequestPayResponse {
  success: boolean;
  imp_success?: boolean;
  /** Null or absent when no payment was made. */
  imp_uid?: string | null;
  merchant_uid?: string;
  error_code?: string;
  error_msg?: string;
  pay_method?: string | null;
  pg_provider?: string | null;
  pg_type?: string;
  customer_uid?: string;
  paid_amount?: number;
  currency?: string;
  status?: string;
  /** Unix seconds. */
  paid_at?: number;
  [other: string]: unknown;
}

export type Callback = (response: RequestPayResponse) => void;

export interface Iamport {
  /**
   * Says who the merchant is and loads the list of channels. Call it once, early.
   * `baseUrl` is the server's address, for pages that load the script from somewhere else.
   */
  init(userCode: string, options?: { baseUrl?: string }): void;
  /** As `init`, for a sub-store with its three-character tier code. */
  agency(userCode: string, tierCode: string, options?: { baseUrl?: string }): void;
  /** Forgets the merchant. */
  deinit(): void;
  /** Opens the payment window. Returns false when nothing could be started. */
  request_pay(params: RequestPayParams, callback?: Callback): false | undefined;
  /** Identity verification is not offered: always answers with an error. */
  certification(params: Record<string, unknown>, callback?: Callback): false | undefined;
  /** No gateway here renders into the merchant's page: always answers with an error. */
  loadUI(uiType: string, params: Record<string, unknown>, callback?: Callback): false | undefined;
  /** As `loadUI`. */
  updateLoadUIRequest(uiType: string, params: Record<string, unknown>): false | undefined;
  /** As `loadUI`: the promise is rejected. */
  loadModule(type: string, user?: Record<string, unknown>, options?: Record<string, unknown>): Promise<never>;
  /** Closes the open window as its close button does; the callback still gets the result. Without a window, nothing. */
  close(): void;
  /** Sends a message to our page in the open window, if one is listening. */
  communicate(message: unknown): void;
}

declare global {
  interface Window {
    IMP?: Iamport;
  }
}
