//: label Danal
//: pc layer
//: mobile layer
//: note.ko 금액이 0이면 등록만 합니다. 다날이 10원을 시험 승인하고 30분 뒤 스스로 취소합니다. 0보다 크면 등록하면서 실제로 결제합니다.
//: note.en An amount of 0 registers only: Danal approves 10 won as a test and voids it itself after 30 minutes. Above 0 it registers and really charges.
IMP.request_pay({
	pg : 'danal_tpay',
	pay_method : 'card', // only 'card' supported.
	merchant_uid : '{Order ID}', // Example: issue_billingkey_monthly_0001
	name : 'Order name: Billing key request test',
	amount : 0, // For display purpose only (set actual amount to also request payment approval).
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
