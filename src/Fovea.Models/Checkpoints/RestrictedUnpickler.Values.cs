namespace Fovea.Models.Checkpoints;

/// <summary>What the opcodes make and call.</summary>
internal sealed partial class RestrictedUnpickler
{
    private void CheckProtocol(byte protocol)
    {
        if (protocol is < 2 or > MaxProtocol)
        {
            throw _reader.Error($"pickle protocol {protocol}; expected 2 to {MaxProtocol}");
        }
    }

    private void PushText(long byteCount)
    {
        _stack.Charge(byteCount <= int.MaxValue ? 2 * byteCount : 0);
        _stack.Push(_reader.Text(byteCount), 32);
    }

    private void PushBytes(long byteCount)
    {
        _stack.Charge(byteCount <= int.MaxValue ? byteCount : 0);
        _stack.Push(_reader.Bytes(byteCount).ToArray(), 32);
    }

    private void PushTuple(int count)
    {
        var items = new object?[count];
        for (var i = count - 1; i >= 0; i--)
        {
            items[i] = _stack.Pop();
        }

        _stack.Push(items, 24 + (8 * count));
    }

    private void Append(object?[] items)
    {
        _stack.Charge(16L * items.Length);
        _stack.Peek<List<object?>>("a list").AddRange(items);
    }

    private void PushDictionary(object?[] items)
    {
        _stack.Push(new PickleDictionary(), 80);
        SetItems(items);
    }

    private void SetItems(object?[] items)
    {
        var dictionary = _stack.Peek<PickleDictionary>("a dictionary");
        _stack.Charge(40L * items.Length);
        for (var i = 0; i < items.Length; i += 2)
        {
            var key = items[i] is long number ? number.ToString(CultureInfo.InvariantCulture) : items[i] as string;
            dictionary[key ?? throw _reader.Error("a key is neither a text nor an integer")] =
                i + 1 < items.Length ? items[i + 1] : throw _reader.Error("a key without a value");
        }
    }

    private void PushGlobal(string module, string name)
    {
        var full = $"{module}.{name}";
        _stack.Push(TorchPickle.Find(full)
            ?? throw _reader.Error($"asks for {Quoted.Shorten(full)}, which is not a tensor; Fovea builds tensors only and runs no code of a checkpoint. If "
                + $"you trust the file, save its state_dict as safetensors"));
    }

    private void Call()
    {
        var arguments = _stack.Pop<object?[]>("a tuple of arguments");
        var function = _stack.Pop<PickleGlobal>("a function");
        switch (function.Kind)
        {
            case PickleGlobalKind.OrderedDictionary when arguments.Length == 0:
                _stack.Push(new PickleDictionary(), 80);
                break;
            case PickleGlobalKind.OrderedDictionary when arguments is [List<object?> pairs] && pairs.All(p => p is object?[] { Length: 2 }):
                PushDictionary([.. pairs.SelectMany(p => (object?[])p!)]);
                break;
            case PickleGlobalKind.TensorVersion1 or PickleGlobalKind.TensorVersion2 or PickleGlobalKind.TensorVersion3:
                _stack.Push(_builder.Tensor(function.Kind, arguments), 256);
                break;
            case PickleGlobalKind.Parameter when arguments is [TorchTensor tensor, ..]:
                _stack.Push(tensor);
                break;
            case PickleGlobalKind.Size when arguments is [object?[] dimensions]:
                _stack.Push(dimensions);
                break;
            case PickleGlobalKind.Device:
                _stack.Push(null);
                break;
            default:
                throw _reader.Error($"calls {function.Name} with arguments that it does not take");
        }
    }
}
