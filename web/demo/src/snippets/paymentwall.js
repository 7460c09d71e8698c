//: label Paymentwall
//: pc layer
//: mobile redirect
//: note.ko 등록하면서 항상 실제로 결제합니다. 최종 결과는 핑백(웹훅)이 정합니다. CVV 555는 심사 후 승인, 556은 심사 후 거절입니다. 2번의 청구에는 통화가 없어 이 카드도 원화로 결제됩니다.
//: note.en Registering always charges for real. The pingback has the final word: CVV 555 is reviewed and accepted, 556 reviewed and declined. The charge in step 2 names no currency, so this card is charged in won too.
IMP.request_pay({
	pg : "paymentwall.{Merchant ID}",
	pay_method : 'card', // only 'card' supported.
	merchant_uid : '{Merchant created Order ID}', // Example: issue_billingkey_monthly_0001
	name : 'Order name: Billing key request test',
	amount : 50,
	buyer_email: "iamport@example.com", // Required
        buyer_name: "buyer name",
	buyer_tel : '02-1234-1234',
	buyer_adrr : 'Gangnam-gu, Seoul, Republic of Korea',
        buyer_postcode : '123-456',
        currency : 'USD',
        language : 'en',
	m_redirect_url : '{redirect URL}', // Example: https://www.my-service.com/payments/complete/mobile (for mobile only),
	customer_uid : '{Unique ID for the card (billing key)}', // Required (Example: gildong_0001_1234)
	bypass: {
	      widget_code: "t3_1",  // For Terminal 3, set the corresponding parameters and activate the Default payment window if not set.
	    }
}, function(rsp) {
	if ( rsp.success ) {
		alert('Success');
	} else {
		alert('Failed');
	}
});
