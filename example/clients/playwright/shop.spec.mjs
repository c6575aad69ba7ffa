// How a team tests its WeChat login with Playwright and wxsim: the browser plays
// the visitor, the control API (/_sim/openapi.json) plays WeChat's moods.
import { test, expect } from '@playwright/test';

const { SHOP, WXSIM_URL } = process.env;
const appID = 'wx0123456789abcdef', websiteAppID = 'wxfedcba9876543210';

const sim = (request, path, data) => request.post(`${WXSIM_URL}/_sim/${path}`, { data });
async function openid(request, app, person) {
  const { people } = await (await request.get(`${WXSIM_URL}/_sim/state`)).json();
  return people.find((p) => p.id === person).openids[app];
}

test.beforeEach(async ({ request }) => {
  expect((await sim(request, 'reset', {})).ok()).toBe(true);
});

test('a visitor consents and is logged in', async ({ page, request }) => {
  await page.goto(`${SHOP}/me`);
  await page.check('#person-jun');
  await page.locator('#allow').click();
  await expect(page.locator('h1')).toHaveText('你好，阿俊');
  await expect(page.locator('#openid')).toHaveText(await openid(request, appID, 'jun'));
});

test('a visitor who agreed lately is not asked', async ({ page, request }) => {
  await sim(request, 'person', { person: 'mei', appid: appID, agreed: true });
  await page.goto(`${SHOP}/me`);
  await expect(page.locator('h1')).toHaveText('你好，小美🌸');
});

for (const [fault, words] of Object.entries({
  code_used: '微信返回 40163', code_expired: '微信返回 40029', 40125: '微信返回 40125', state_altered: '登录链接无效', code_lost: '你没有授权',
})) {
  test(`the shop copes with ${fault}`, async ({ page, request }) => {
    expect((await sim(request, 'faults', { name: fault })).ok()).toBe(true);
    await page.goto(`${SHOP}/me`);
    await page.locator('#allow').click();
    await expect(page.locator('body')).toContainText(words);
  });
}

test('a visitor scans the QR code with a phone', async ({ page, request }) => {
  await page.goto(`${SHOP}/scan`);
  const uuid = (await page.locator('.js_qrcode_img').getAttribute('src')).split('/').pop();
  await sim(request, 'qr', { uuid, person: 'lin', step: 'scan' });
  await expect(page.locator('.step404')).toBeVisible();
  await sim(request, 'qr', { uuid, person: 'lin', step: 'allow' });
  await expect(page.locator('h1')).toHaveText('你好，林晓');
  await expect(page.locator('#openid')).toHaveText(await openid(request, websiteAppID, 'lin'));
});

test('a refusal on the phone leaves the QR code usable', async ({ page, request }) => {
  await page.goto(`${SHOP}/scan`);
  const uuid = (await page.locator('.js_qrcode_img').getAttribute('src')).split('/').pop();
  await sim(request, 'qr', { uuid, person: 'lin', step: 'deny' });
  await expect(page.locator('.step403')).toBeVisible();
});

test('a QR code that has expired is replaced', async ({ page, request }) => {
  await page.goto(`${SHOP}/scan`);
  const picture = page.locator('.js_qrcode_img');
  const before = await picture.getAttribute('src');
  await sim(request, 'clock', { advance: '5m' });
  await expect(picture).not.toHaveAttribute('src', before);
});
