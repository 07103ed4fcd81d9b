import type { Random } from '../../harness/random.ts';
import type { Market } from './own-accounts.ts';

/** A name in its own script and as an international payment carries it. */
export interface PartyName {
  readonly local: string;
  readonly latin: string;
  readonly owner: string;
  /** The words that it was made of, so that a similar one can be made. */
  readonly words: readonly Word[];
}

/** The same word in both scripts. */
type Word = readonly [latin: string, local: string];

interface Vocabulary {
  readonly places: readonly (readonly Word[])[];
  readonly branches: readonly Word[];
  readonly owners: readonly string[];
  readonly join: (
    words: readonly Word[],
    branch: Word | undefined,
  ) => Pick<PartyName, 'local' | 'latin'>;
}

const same = (...words: readonly string[]): Word[] => words.map((word) => [word, word]);

const indonesia: Vocabulary = {
  places: [
    same('PT', 'PT', 'PT', 'PT', 'CV', 'UD'),
    same('Sinar', 'Mitra', 'Karya', 'Cahaya', 'Sumber', 'Bintang', 'Anugerah', 'Berkat', 'Surya'),
    same('Jaya', 'Abadi', 'Makmur', 'Sejahtera', 'Mandiri', 'Utama', 'Perkasa', 'Sentosa', 'Prima'),
    same('Indonesia', 'Nusantara', 'Bersama', 'Sukses', 'Logam', 'Pangan', 'Tekstil', 'Elektronik'),
  ],
  branches: same('Surabaya', 'Medan', 'Makassar', 'Bandung', 'Semarang', 'Batam'),
  owners: ['Hendra Wijaya', 'Siti Rahmawati', 'Budi Santoso', 'Agus Salim', 'Lim Tjoe Hok'],
  join: spaced,
};

const hongKong: Vocabulary = {
  places: [
    [
      ['Wing', '永'],
      ['Tai', '泰'],
      ['Kwong', '光'],
      ['Wah', '華'],
      ['Shun', '順'],
      ['Fook', '福'],
      ['Man', '萬'],
      ['Hang', '恆'],
    ],
    [
      ['Fung', '豐'],
      ['Hing', '興'],
      ['Lee', '利'],
      ['Cheung', '昌'],
      ['Kee', '記'],
      ['Yick', '益'],
      ['On', '安'],
      ['Sing', '成'],
    ],
    [
      ['Trading', '貿易'],
      ['Electronics', '電子'],
      ['Textiles', '紡織'],
      ['Logistics', '物流'],
      ['Industrial', '實業'],
      ['Hardware', '五金'],
    ],
    [
      ['Company Limited', '有限公司'],
      ['Limited', '有限公司'],
    ],
  ],
  branches: [
    ['(Kowloon)', '（九龍）'],
    ['(China)', '（中國）'],
    ['(Asia)', '（亞洲）'],
    ['(Group)', '（集團）'],
    ['(Far East)', '（遠東）'],
  ],
  owners: ['CHAN TAI MAN', 'WONG SIU MING', 'LEE KA YAN', 'CHEUNG WAI KIT'],
  join: (words, branch) => {
    const [first, second, business, form] = words;
    return {
      latin: [first, second, business, branch, form]
        .flatMap((word) => (word ? [word[0]] : []))
        .join(' '),
      local: [first, second, business, branch, form]
        .flatMap((word) => (word ? [word[1]] : []))
        .join(''),
    };
  },
};

const china: Vocabulary = {
  places: [
    [
      ['Shenzhen', '深圳市'],
      ['Guangzhou', '广州市'],
      ['Dongguan', '东莞市'],
      ['Ningbo', '宁波市'],
      ['Yiwu', '义乌市'],
      ['Shanghai', '上海'],
    ],
    [
      ['Hua', '华'],
      ['Sheng', '盛'],
      ['Xin', '鑫'],
      ['Heng', '恒'],
      ['Rui', '瑞'],
      ['Hong', '宏'],
      ['Hong', '鸿'],
      ['Jin', '金'],
    ],
    [
      ['xing', '兴'],
      ['xing', '星'],
      ['da', '达'],
      ['yuan', '源'],
      ['yuan', '远'],
      ['feng', '丰'],
      ['feng', '锋'],
      ['tai', '泰'],
    ],
    [
      ['Trading', '贸易'],
      ['Electronics', '电子'],
      ['Technology', '科技'],
      ['Hardware', '五金制品'],
      ['Import and Export', '进出口'],
    ],
    [['Co Ltd', '有限公司']],
  ],
  branches: [
    ['No. 2', '第二'],
    ['South', '华南'],
    ['International', '国际'],
  ],
  owners: ['王伟', '李娜', '陈建国', '黄晓明', '林芳'],
  join: (words, branch) => {
    const [city, first, second, business, form] = words;
    return {
      latin: `${city?.[0]} ${first?.[0]}${second?.[0]} ${branch ? `${branch[0]} ` : ''}${business?.[0]} ${form?.[0]}`,
      local: `${city?.[1]}${first?.[1]}${second?.[1]}${branch?.[1] ?? ''}${business?.[1]}${form?.[1]}`,
    };
  },
};

const gulf: Vocabulary = {
  places: [
    [
      ['Al Khaleej', 'الخليج'],
      ['Al Noor', 'النور'],
      ['Al Madina', 'المدينة'],
      ['Al Safa', 'الصفا'],
      ['Al Rawda', 'الروضة'],
      ['Al Jazeera', 'الجزيرة'],
      ['Al Manar', 'المنار'],
      ['Al Wafa', 'الوفاء'],
      ['Al Amal', 'الأمل'],
      ['Al Baraka', 'البركة'],
      ['Al Sharq', 'الشرق'],
      ['Al Fajr', 'الفجر'],
    ],
    [
      ['Modern', 'الحديثة'],
      ['United', 'المتحدة'],
      ['National', 'الوطنية'],
      ['First', 'الأولى'],
      ['Golden', 'الذهبية'],
      ['International', 'الدولية'],
    ],
    [
      ['General Trading', 'للتجارة العامة'],
      ['Foodstuff', 'للمواد الغذائية'],
      ['Building Materials', 'لمواد البناء'],
      ['Electronics', 'للإلكترونيات'],
    ],
    [
      ['LLC', 'ذ.م.م'],
      ['Co WLL', 'ذ.م.م'],
    ],
  ],
  branches: [
    ['Dubai Branch', 'فرع دبي'],
    ['Sharjah Branch', 'فرع الشارقة'],
    ['Ahmadi Branch', 'فرع الأحمدي'],
    ['Free Zone', 'المنطقة الحرة'],
  ],
  owners: ['MOHAMMED SAEED ALI', 'FATIMA HASSAN', 'RAJESH KUMAR', 'ABDULLAH NASSER'],
  join: (words, branch) => {
    const [first, second, business, form] = words;
    const tail = branch ? [branch] : [];
    return {
      latin: [first, second, business, form, ...tail].map((word) => word?.[0]).join(' '),
      local: ['شركة', ...[first, second, business, form, ...tail].map((word) => word?.[1])].join(
        ' ',
      ),
    };
  },
};

const vietnam: Vocabulary = {
  places: [
    [
      ['Cong ty TNHH', 'Công ty TNHH'],
      ['Cong ty Co phan', 'Công ty Cổ phần'],
    ],
    [
      ['Thuong mai', 'Thương mại'],
      ['San xuat', 'Sản xuất'],
      ['Xuat nhap khau', 'Xuất nhập khẩu'],
      ['Van tai', 'Vận tải'],
    ],
    [
      ['An', 'An'],
      ['Thanh', 'Thành'],
      ['Minh', 'Minh'],
      ['Hoang', 'Hoàng'],
      ['Gia', 'Gia'],
      ['Viet', 'Việt'],
      ['Tan', 'Tân'],
    ],
    [
      ['Phat', 'Phát'],
      ['Dat', 'Đạt'],
      ['Hung', 'Hưng'],
      ['Thinh', 'Thịnh'],
      ['Long', 'Long'],
      ['Loi', 'Lợi'],
    ],
  ],
  branches: [
    ['Ha Noi', 'Hà Nội'],
    ['Da Nang', 'Đà Nẵng'],
    ['Sai Gon', 'Sài Gòn'],
    ['Can Tho', 'Cần Thơ'],
    ['Hai Phong', 'Hải Phòng'],
  ],
  owners: ['NGUYEN VAN HUNG', 'TRAN THI LAN', 'LE MINH TUAN', 'PHAM QUOC BAO'],
  join: spaced,
};

const vocabularies: Readonly<Record<Market, Vocabulary>> = {
  ID: indonesia,
  HK: hongKong,
  CN: china,
  AE: gulf,
  KW: gulf,
  VN: vietnam,
};

/** A new name, or one that differs from another in a single word. */
export function drawName(
  random: Random,
  market: Market,
  wish: { readonly like?: PartyName | undefined; readonly hasBranch: boolean },
): PartyName {
  const { places, branches, owners, join } = vocabularies[market];
  const words = wish.like ? [...wish.like.words] : places.map((choices) => random.pick(choices));
  if (wish.like) {
    // The legal form is not what tells two names apart.
    const at = random.pick(
      places.flatMap(({ length }, index) => (length > 2 && index > 0 ? [index] : [])),
    );
    words[at] = random.pick(places[at] ?? []);
  }
  const branch = wish.hasBranch ? random.pick(branches) : undefined;
  return { ...join(words, branch), owner: random.pick(owners), words };
}

function spaced(
  words: readonly Word[],
  branch: Word | undefined,
): Pick<PartyName, 'local' | 'latin'> {
  const all = branch ? [...words, branch] : words;
  return {
    latin: all.map(([latin]) => latin).join(' '),
    local: all.map(([, local]) => local).join(' '),
  };
}
