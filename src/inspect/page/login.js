const $ = (id) => document.getElementById(id);
document.documentElement.dataset.theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';

$('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  $('submit').disabled = true;
  $('message').textContent = '';
  try {
    const response = await fetch('login', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({password: $('password').value})});
    if (response.ok) { location.reload(); return; }
    $('message').textContent = (await response.json()).error;
  } catch {
    $('message').textContent = 'the server cannot be reached';
  }
  $('submit').disabled = false;
  $('password').select();
});
