namespace Fovea.Models.Checkpoints;

/// <summary>
/// Reads a pickle (protocols 2 to 5) of tensors in dictionaries, lists and tuples. A pickle is a program that may call any
/// function by name; this machine knows only the names of <see cref="TorchPickle"/>, gives each a meaning of its own, and refuses every other one. Nothing of
/// Python exists here, and no code is run.
/// </summary>
internal sealed partial class RestrictedUnpickler
{
    private const int MaxProtocol = 5;
    private readonly PickleReader _reader;
    private readonly PickleStack _stack;
    private readonly TorchTensorBuilder _builder;

    private RestrictedUnpickler(byte[] pickle, string file)
    {
        _reader = new PickleReader(pickle, file);
        _stack = new PickleStack(_reader);
        _builder = new TorchTensorBuilder(_reader);
    }

    /// <summary>
    /// The pickled value: null, bool, long, double, string, byte[], <c>List</c>, array (a tuple), <see cref="PickleDictionary"/>,
    /// <see cref="TorchTensor"/> or another value of torch.
    /// </summary>
    /// <exception cref="Fovea.Core.Errors.InvalidInputException">The pickle is damaged, or asks for what is not a tensor.</exception>
    public static object? Load(byte[] pickle, string file) => new RestrictedUnpickler(pickle, file).Run();

    private object? Run()
    {
        while (true)
        {
            var opcode = _reader.Byte();
            if (opcode == '.')
            {
                return _stack.Pop();
            }

            if (!Scalar(opcode) && !Text(opcode) && !Container(opcode) && !Memory(opcode) && !Object(opcode))
            {
                throw _reader.Error($"opcode 0x{opcode:x2} has no place in a pickle of tensors (protocols 2 to {MaxProtocol})");
            }
        }
    }

    private bool Scalar(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'N': _stack.Push(null); return true;
            case 0x88: _stack.Push(true, 24); return true;
            case 0x89: _stack.Push(false, 24); return true;
            case (byte)'J': _stack.Push((long)_reader.Int32(), 24); return true;
            case (byte)'K': _stack.Push((long)_reader.Byte(), 24); return true;
            case (byte)'M': _stack.Push((long)_reader.UInt16(), 24); return true;
            case 0x8A: _stack.Push(_reader.Integer(_reader.Byte()), 24); return true;
            case 0x8B: _stack.Push(_reader.Integer(_reader.UInt32()), 24); return true;
            case (byte)'G': _stack.Push(_reader.Double(), 24); return true;
            default: return false;
        }
    }

    private bool Text(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'X': PushText(_reader.UInt32()); return true;
            case 0x8C: PushText(_reader.Byte()); return true;
            case 0x8D: PushText(_reader.Length64()); return true;
            case (byte)'T': PushText(_reader.UInt32()); return true; // texts of Python 2
            case (byte)'U': PushText(_reader.Byte()); return true;
            case (byte)'B': PushBytes(_reader.UInt32()); return true;
            case (byte)'C': PushBytes(_reader.Byte()); return true;
            case 0x8E: PushBytes(_reader.Length64()); return true;
            default: return false;
        }
    }

    private bool Container(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'(': _stack.Mark(); return true;
            case (byte)')': _stack.Push(Array.Empty<object?>()); return true;
            case (byte)'t': _stack.Push(_stack.PopMarked()); return true;
            case 0x85 or 0x86 or 0x87: PushTuple(opcode - 0x84); return true;
            case (byte)']': _stack.Push(new List<object?>(), 32); return true;
            case (byte)'l': _stack.Push(_stack.PopMarked().ToList(), 32); return true;
            case (byte)'a': Append([_stack.Pop()]); return true;
            case (byte)'e': Append(_stack.PopMarked()); return true;
            case (byte)'}': _stack.Push(new PickleDictionary(), 80); return true;
            case (byte)'d': PushDictionary(_stack.PopMarked()); return true;
            case (byte)'s': var value = _stack.Pop(); SetItems([_stack.Pop(), value]); return true;
            case (byte)'u': SetItems(_stack.PopMarked()); return true;
            default: return false;
        }
    }

    private bool Memory(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'0': _stack.Pop(); return true;
            case (byte)'1': _stack.PopMarked(); return true;
            case (byte)'2': _stack.Push(_stack.Peek()); return true;
            case (byte)'q': _stack.Remember(_reader.Byte()); return true;
            case (byte)'r': _stack.Remember(_reader.UInt32()); return true;
            case 0x94: _stack.Remember(); return true;
            case (byte)'h': _stack.Recall(_reader.Byte()); return true;
            case (byte)'j': _stack.Recall(_reader.UInt32()); return true;
            case 0x95: _reader.Length64(); return true; // a frame: only a hint for buffers
            default: return false;
        }
    }

    private bool Object(byte opcode)
    {
        switch (opcode)
        {
            case 0x80: CheckProtocol(_reader.Byte()); return true;
            case (byte)'c': PushGlobal(_reader.Line(), _reader.Line()); return true;
            case 0x93: var name = _stack.Pop<string>("a name"); PushGlobal(_stack.Pop<string>("a module"), name); return true;
            case (byte)'Q': _stack.Push(_builder.Storage(_stack.Pop()), 64); return true;
            case (byte)'R' or 0x81: Call(); return true;
            case (byte)'b': _stack.Pop(); _stack.Peek<PickleDictionary>("an ordered dictionary, whose attributes are passed over"); return true;
            default: return false;
        }
    }
}
