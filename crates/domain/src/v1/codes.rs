//! The codes of card companies and banks as V1 lists them: those of the Korea Financial Telecommunications and Clearings
//! Institute (금융결제원), and i'mport's own for foreign brands.

/// A code and what it stands for.
pub type Code = (&'static str, &'static str);

/// Card companies. From V1's published tables; the six foreign brands are i'mport's own numbers.
pub const CARDS: &[Code] = &[
    ("002", "KDB산업은행카드"),
    ("041", "우리카드"),
    ("045", "새마을금고카드"),
    ("048", "신협카드"),
    ("071", "우체국카드"),
    ("089", "케이뱅크카드"),
    ("090", "카카오뱅크카드"),
    ("361", "BC카드"),
    ("364", "광주카드"),
    ("365", "삼성카드"),
    ("366", "신한카드"),
    ("367", "현대카드"),
    ("368", "롯데카드"),
    ("369", "수협카드"),
    ("370", "씨티카드"),
    ("371", "NH농협카드"),
    ("372", "전북카드"),
    ("373", "제주카드"),
    ("374", "하나카드"),
    ("381", "KB국민카드"),
    ("10001", "해외은련카드"),
    ("10002", "해외다이너스카드"),
    ("10003", "해외아멕스카드"),
    ("10004", "해외마스터카드"),
    ("10005", "해외비자카드"),
    ("10006", "해외JCB카드"),
];

/// Banks and securities firms that take transfers.
pub const BANKS: &[Code] = &[
    ("002", "KDB산업은행"),
    ("003", "IBK기업은행"),
    ("004", "KB국민은행"),
    ("007", "수협은행"),
    ("011", "NH농협은행"),
    ("012", "지역농·축협"),
    ("020", "우리은행"),
    ("023", "SC제일은행"),
    ("027", "한국씨티은행"),
    ("031", "iM뱅크(대구은행)"),
    ("032", "부산은행"),
    ("034", "광주은행"),
    ("035", "제주은행"),
    ("037", "전북은행"),
    ("039", "경남은행"),
    ("045", "새마을금고"),
    ("048", "신협"),
    ("050", "저축은행"),
    ("064", "산림조합"),
    ("071", "우체국"),
    ("081", "하나은행"),
    ("088", "신한은행"),
    ("089", "케이뱅크"),
    ("090", "카카오뱅크"),
    ("092", "토스뱅크"),
    ("209", "유안타증권"),
    ("218", "KB증권"),
    ("238", "미래에셋증권"),
    ("240", "삼성증권"),
    ("243", "한국투자증권"),
    ("247", "NH투자증권"),
    ("261", "교보증권"),
    ("262", "하이투자증권"),
    ("263", "현대차증권"),
    ("264", "키움증권"),
    ("265", "이베스트투자증권"),
    ("266", "SK증권"),
    ("267", "대신증권"),
    ("269", "한화투자증권"),
    ("270", "하나증권"),
    ("278", "신한투자증권"),
    ("279", "DB금융투자"),
    ("280", "유진투자증권"),
    ("287", "메리츠증권"),
];

/// The name behind a code.
pub fn name_of(list: &[Code], code: &str) -> Option<&'static str> {
    list.iter()
        .find(|(known, _)| *known == code)
        .map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_stands_twice() {
        for list in [CARDS, BANKS] {
            let mut codes: Vec<_> = list.iter().map(|(code, _)| code).collect();
            codes.sort_unstable();
            codes.dedup();
            assert_eq!(codes.len(), list.len());
            assert!(list.iter().all(|(code, _)| name_of(list, code).is_some()));
        }
    }
}
