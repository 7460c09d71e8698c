//: label NHN KCP
//: pc layer
//: mobile redirect
//: note.ko 금액은 표시용이고 PC 결제창에는 보이지 않습니다. 등록만 하고 결제하지 않습니다.
//: note.en The amount is for display, and the PC window does not show it. Nothing is charged here.
IMP.request_pay({
   	pg : 'kcp_billing',
   	pay_method : 'card', // only 'card' supported.
	merchant_uid : '{Merchant created Order ID}', // Example: issue_billingkey_monthly_0001
	name : 'Order name: Billing key request test',
	amount : 0, // For display purpose only (no payment approval).
	customer_uid : '{Unique ID for the card (billing key)}', // Required (Example: gildong_0001_1234)
	buyer_email: "johndoe@gmail.com",
    buyer_name: "John Doe",
	buyer_tel : '02-1234-1234',
	m_redirect_url : '{redirect URL}' // Example: https://www.my-service.com/payments/complete/mobile (for mobile only)
}, function(rsp) {
	if ( rsp.success ) {
		alert('Success');
	} else {
		alert('Failed');
	}
});
