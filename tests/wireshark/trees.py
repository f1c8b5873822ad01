"""Field trees of `ropewalk dissect --json` and of tshark's PDML as lists of the same form, for comparing them."""
import re
import xml.etree.ElementTree as ElementTree


def filter_name(structure):
    """As dissect::filter_name() makes it."""
    if re.match(r'Rop[A-Z]', structure):
        structure = structure[3:]
    for ending in ('RequestBody', 'ResponseBody', 'Request', 'Response', '-in', '-out'):
        if len(structure) > len(ending) and structure.endswith(ending):
            structure = structure[:-len(ending)]
            break
    return re.sub(r'[^A-Za-z0-9]', '_', structure)


def normal(value):
    """A value in one form, whichever tool shows it: numbers as such, bytes and text as text."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, dict):
        return value['hex'].lower()
    if re.fullmatch(r'0x[0-9A-Fa-f]{16}', value):
        return int(value, 16)
    return value


def leaves(node, structure='', own_list=''):
    """Every leaf of a tree: (structure, field, type, value)."""
    name = own_list if node['name'].startswith('[') and own_list else node['name']
    if node['fields'] is None:
        yield structure, name, node['type'], normal(node['value'])
        return
    is_list = node['type'].endswith('[]')
    is_derived = node['type'] == 'plain bytes'
    for field in node['fields']:
        if is_list:
            yield from leaves(field, structure, name)
        elif is_derived:
            yield from leaves(field, structure)
        else:
            yield from leaves(field, node['type'], name if node['type'].startswith('Ptyp') else '')


def find(node, types):
    """The outermost nodes whose type is one of those, or is what a function looks for."""
    if types(node['type']) if callable(types) else node['type'] in types:
        return [node]
    return [found for field in node['fields'] or [] for found in find(field, types)]


def one_line(text):
    """Text with every run of white space as one space: XML keeps no line ends in attributes."""
    return re.sub(r'\s+', ' ', text)


def shown(text):
    """The value of a `show` attribute, in every form that it may have been meant."""
    forms = {text, one_line(text)}
    if re.fullmatch(r'0x[0-9a-f]+', text):
        forms.add(int(text, 16))
    elif re.fullmatch(r'-?[0-9]+', text):
        forms.add(int(text))
    if re.fullmatch(r'[0-9a-f]{2}(:[0-9a-f]{2})*', text):
        forms.add(text.replace(':', ''))
    if re.fullmatch(r'[0-9A-F]+', text):  # the bytes of what is no text
        forms.add(text.lower())
    try:
        forms.add(float(text))
    except ValueError:
        pass
    return forms


def pdml_packets(pdml):
    """For each frame: a list of [name, forms of the value] of every field whose name begins with `mapi.`."""
    frames = {}
    for packet in ElementTree.fromstring(pdml).iter('packet'):
        fields, number = [], None
        for field in packet.iter('field'):
            name = field.get('name', '')
            if name == 'frame.number':
                number = int(field.get('show'))
            elif name.startswith('mapi.'):
                fields.append([name, shown(field.get('show', ''))])
        frames[number] = fields
    return frames
