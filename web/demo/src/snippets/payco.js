//: label PAYCO
//: pc popup
//: mobile layer
//: note.ko 금액은 표시용입니다. PC와 모바일 모두 콜백으로 끝나며, 등록만 하고 결제하지 않습니다.
//: note.en The amount is for display. PC and phone both end in the callback, and nothing is charged here.
IMP.request_pay({
	pg : 'payco',
	pay_method : 'card', // only 'card' supported.
	merchant_uid : '{Order ID}', // Example: issue_billingkey_monthly_0001
	name : 'Order name: Billing key request test',
	amount : 0, // For display purpose only (no payment approval).
	customer_uid : '{Unique ID for the card (billing key)}', // Required (Example: gildong_0001_1234)
	buyer_email: "johndoe@gmail.com",
    buyer_name: "John Doe",
	buyer_tel : '02-1234-1234'
}, function(rsp) {
	if ( rsp.success ) {
		alert('Success');
	} else {
		alert('Failed');
	}
});
