// The vendor's own library has no types. These are of the parts that the tests use, as its source has them.

declare module "paymentwall" {
  type Params = Record<string, string>;

  class Pingback {
    constructor(query: string, ip: string);
    validate(skipIpWhitelistCheck: boolean): boolean;
    getErrors(): string[];
    getParameter(name: string): string | undefined;
    getUserId(): string | undefined;
    getProductId(): string | undefined;
    getReferenceId(): string | undefined;
    isDeliverable(): boolean;
    isCancelable(): boolean;
  }

  class Product {
    constructor(id: string, amount: number, currency: string, name: string);
  }

  class Widget {
    /** A `sign_version` of 1 among `extra` must be a number. */
    constructor(uid: string, code: string, products: Product[], extra: Record<string, string | number>);
    getUrl(): string;
  }

  interface Signature {
    /** Changes `params`: give it a copy. */
    calculateSignature(params: Params, secret: string, version: number): string;
  }

  const library: {
    Base: { API_GOODS: number };
    /** For everything that is made or asked from now on. */
    Configure(apiType: number, key: string, secret: string): void;
    Pingback: typeof Pingback;
    Product: typeof Product;
    Widget: typeof Widget;
    PingbackSignature: Signature;
    WidgetSignature: Signature;
  };
  export default library;
}
