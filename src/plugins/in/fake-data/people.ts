// People who do not exist, from @faker-js/faker: loaded only when somebody asks for them.
import type { Faker } from "@faker-js/faker";
import { romanize } from "es-hangul";
import { randomAt } from "./random.ts";

export interface Person {
  readonly name: string;
  readonly age: number;
  readonly email: string;
  readonly phone: string;
  readonly city: string;
  readonly job: string;
}

/** Gives person `index` of a seed: always the same one. */
export async function people(locale: "ko" | "en"): Promise<(seed: number, index: number) => Person> {
  const { faker } = locale === "ko" ? await import("@faker-js/faker/locale/ko") : await import("@faker-js/faker/locale/en");
  return (seed, index) => {
    faker.seed(Math.floor(randomAt(seed, index)() * 2 ** 32));
    return locale === "ko" ? korean(faker) : english(faker);
  };
}

const KOREAN_CITIES = [
  "서울",
  "부산",
  "대구",
  "인천",
  "광주",
  "대전",
  "울산",
  "세종",
  "수원",
  "창원",
  "고양",
  "용인",
  "성남",
  "청주",
  "전주",
  "천안",
  "포항",
  "제주",
  "춘천",
  "강릉",
  "여수",
  "목포",
  "안동",
  "김해",
];
const KOREAN_SURNAMES = ["김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "한", "오", "서", "신", "권", "황", "안", "송", "류", "홍"];
const KOREAN_JOBS = [
  "개발자",
  "디자이너",
  "교사",
  "간호사",
  "회계사",
  "요리사",
  "기자",
  "연구원",
  "공무원",
  "학생",
  "자영업",
  "영업 담당",
  "데이터 분석가",
  "건축가",
  "번역가",
];
const KOREAN_MAIL = ["naver.com", "daum.net", "gmail.com", "hanmail.net", "kakao.com"];

function korean(faker: Faker): Person {
  const { helpers, person, number, string } = faker;
  const surname = helpers.arrayElement(KOREAN_SURNAMES);
  const given = person.firstName();
  const age = number.int({ min: 14, max: 79 });
  return {
    name: surname + given,
    age,
    email: `${romanize(given)
      .replaceAll(/[^a-z]/gi, "")
      .toLowerCase()}.${romanize(surname).toLowerCase()}${number.int({ min: 1, max: 99 })}@${helpers.arrayElement(KOREAN_MAIL)}`,
    phone: `010-${string.numeric(4)}-${string.numeric(4)}`,
    city: helpers.arrayElement(KOREAN_CITIES),
    job: helpers.arrayElement(KOREAN_JOBS),
  };
}

function english({ person, internet, number, phone, location }: Faker): Person {
  const firstName = person.firstName();
  const lastName = person.lastName();
  return {
    name: `${firstName} ${lastName}`,
    age: number.int({ min: 14, max: 79 }),
    email: internet.email({ firstName, lastName }).toLowerCase(),
    phone: phone.number({ style: "national" }),
    city: location.city(),
    job: person.jobTitle(),
  };
}
