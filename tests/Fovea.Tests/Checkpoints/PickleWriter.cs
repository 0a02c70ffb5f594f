using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Fovea.Tests.Checkpoints;

/// <summary>Writes pickles and torch zip files for tests, opcode by opcode.</summary>
internal sealed class PickleWriter
{
    private readonly List<byte> _bytes = [];

    public PickleWriter(int protocol = 2) => Op(0x80, (byte)protocol);

    public byte[] Done()
    {
        Op((byte)'.');
        return [.. _bytes];
    }

    public PickleWriter Op(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleWriter Op(char opcode) => Op((byte)opcode);

    public PickleWriter Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Op('X');
        Number32(bytes.Length);
        return Op(bytes);
    }

    public PickleWriter Global(string module, string name) => Op((byte)'c').Op(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    /// <summary>The same by protocol 4.</summary>
    public PickleWriter StackGlobal(string module, string name) => Text(module).Text(name).Op(0x93);

    public PickleWriter Integer(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Op(0x8A, 8).Op(bytes.ToArray());
    }

    public PickleWriter Tuple(params long[] values)
    {
        Op('(');
        foreach (var value in values)
        {
            Integer(value);
        }

        return Op('t');
    }

    public PickleWriter Storage(string type, string key, long count) =>
        Op('(').Text("storage").Global(type.StartsWith("Untyped", StringComparison.Ordinal) ? "torch.storage" : "torch", type).Text(key).Text("cpu")
            .Integer(count).Op('t').Op('Q');

    /// <summary>A tensor by <c>_rebuild_tensor_v2</c>.</summary>
    public PickleWriter Tensor(string type, string key, long count, long offset, long[] shape, long[] strides) =>
        Global("torch._utils", "_rebuild_tensor_v2").Op('(').Storage(type, key, count).Integer(offset).Tuple(shape).Tuple(strides)
            .Op(0x89).Global("collections", "OrderedDict").Op(')').Op('R').Op('t').Op('R');

    /// <summary>A torch zip file of a pickle and its storages.</summary>
    public static byte[] Zip(byte[] pickle, IReadOnlyDictionary<string, byte[]> storages, string root = "archive", string? byteOrder = "little",
        bool compressed = false)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            var entries = storages.Select(s => ("data/" + s.Key, s.Value)).Prepend(("data.pkl", pickle));
            foreach (var (name, content) in byteOrder is null ? entries : entries.Append(("byteorder", Encoding.ASCII.GetBytes(byteOrder))))
            {
                using var stream = zip.CreateEntry($"{root}/{name}", compressed ? CompressionLevel.Optimal : CompressionLevel.NoCompression).Open();
                stream.Write(content);
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Bytes of floats.</summary>
    public static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    private void Number32(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        Op(bytes.ToArray());
    }
}
