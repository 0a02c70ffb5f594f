using Fovea.Models.Families;
using Fovea.Models.Parameters;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>Fits a checkpoint's tensors to a model's parameters, and reads them. Whatever does not fit is listed in one error.</summary>
internal sealed class ParameterReader
{
    private const int MostListed = 20;
    private const long ComparedElements = 1 << 24;
    private readonly IReadOnlyList<CheckpointPart> _parts;
    private readonly IReadOnlyList<ParameterSpec> _specs;
    private readonly string _askedBy;
    private readonly Dictionary<string, (CheckpointPart Part, TensorInfo Tensor)> _places = new(StringComparer.Ordinal);
    private readonly List<(string Stored, string Parameter, CheckpointPart Part)> _aliases = [];
    private readonly List<string> _problems = [];

    /// <param name="parts">Where to look.</param>
    /// <param name="specs">What is asked for.</param>
    /// <param name="tied">Name of the embedding where the head is tied to it; null where it is not.</param>
    /// <param name="askedBy">What says which parameters there are, for messages.</param>
    public ParameterReader(IReadOnlyList<CheckpointPart> parts, IReadOnlyList<ParameterSpec> specs, string? tied, string askedBy = "config.json")
    {
        (_parts, _specs, _askedBy) = (parts, specs, askedBy);
        var known = specs.Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var part in parts)
        {
            foreach (var tensor in part.Source.Tensors.Values)
            {
                Match(part, tensor, known, tied);
            }
        }

        foreach (var spec in specs)
        {
            Check(spec);
        }
    }

    /// <summary>What does not fit, one line per tensor.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Types of the parameters in the files, with the number of scalars of each.</summary>
    public IReadOnlyDictionary<torch.ScalarType, long> StoredTypes => _places.Values.GroupBy(p => p.Tensor.Type)
        .ToDictionary(g => g.Key, g => g.Sum(p => p.Tensor.Shape.Aggregate(1L, (a, b) => a * b)));

    /// <summary>Names under which a copy is written.</summary>
    public IReadOnlyList<OriginFile> Files => [.. _parts.Select(part => new OriginFile(part.Stem,
        [.. _places.Where(p => p.Value.Part == part).Select(p => (p.Value.Tensor.Name, p.Key)),
            .. _aliases.Where(a => a.Part == part).Select(a => (a.Stored, a.Parameter))]))];

    /// <summary>
    /// The processor's memory, in bytes, that <see cref="Read"/> fills: all parameters, or those that cannot be mapped as they are; none for another device.
    /// </summary>
    public long CopiedBytes(LoadOptions options) => _places.Values
        .Where(p => options.Device.IsCpu() && (!options.Mapped || TypeOf(options.Type, p.Tensor.Type) != p.Tensor.Type))
        .Sum(p => p.Tensor.Shape.Aggregate((long)SafetensorsType.Of(TypeOf(options.Type, p.Tensor.Type)).Size, (product, dimension) => product * dimension));

    /// <summary>Reads all parameters.</summary>
    /// <exception cref="InvalidInputException">Tensors are missing, unexpected or misshapen, or a tied head differs from its embedding.</exception>
    public ParameterSet Read(LoadOptions options)
    {
        if (_problems.Count > 0)
        {
            var rest = _problems.Count > MostListed ? $"; and {_problems.Count - MostListed} more" : "";
            throw new InvalidInputException(_parts[0].Source.Path, null,
                $"{_problems.Count} {(_problems.Count == 1 ? "tensor does" : "tensors do")} not "
                    + $"fit {_askedBy}: {string.Join("; ", _problems.Take(MostListed))}{rest}");
        }

        foreach (var (stored, parameter, part) in _aliases)
        {
            CheckTied(stored, parameter, part);
        }

        var parameters = new ParameterSet();
        try
        {
            foreach (var spec in _specs)
            {
                using var scope = torch.NewDisposeScope();
                var (part, tensor) = _places[spec.Name];
                var type = TypeOf(options.Type, tensor.Type);
                var value = part.Source.Read(tensor.Name, copy: options.Device.IsCpu() && (!options.Mapped || type != tensor.Type));
                parameters.Add(spec.Name, value.to(type).to(options.Device ?? torch.CPU));
            }
        }
        catch
        {
            parameters.Dispose();
            throw;
        }

        return parameters;
    }

    private static torch.ScalarType TypeOf(DType wanted, torch.ScalarType stored) => wanted switch
    {
        DType.BF16 => torch.ScalarType.BFloat16,
        DType.Auto when stored != torch.ScalarType.Float64 => stored,
        _ => torch.ScalarType.Float32,
    };

    private void Match(CheckpointPart part, TensorInfo tensor, HashSet<string> known, string? tied)
    {
        if (part.Canonical(tensor.Name) is not { } name)
        {
            return;
        }

        if (tied is not null && name == Decoders.Decoder.HeadName)
        {
            _aliases.Add((tensor.Name, tied, part));
        }
        else if (!known.Contains(name))
        {
            _problems.Add($"unexpected {tensor.Name}");
        }
        else if (!_places.TryAdd(name, (part, tensor)))
        {
            _problems.Add($"{tensor.Name} and {_places[name].Tensor.Name} are the same parameter");
        }
    }

    private void Check(ParameterSpec spec)
    {
        if (!_places.TryGetValue(spec.Name, out var place))
        {
            _problems.Add($"missing {spec.Name} [{string.Join(", ", spec.Shape)}]");
        }
        else if (!place.Tensor.Shape.AsSpan().SequenceEqual(spec.Shape))
        {
            _problems.Add($"{place.Tensor.Name} is [{string.Join(", ", place.Tensor.Shape)}], expected [{string.Join(", ", spec.Shape)}]");
        }
        else if (place.Tensor.Type is not (torch.ScalarType.Float32 or torch.ScalarType.Float16 or torch.ScalarType.BFloat16 or torch.ScalarType.Float64))
        {
            _problems.Add($"{place.Tensor.Name} is of type {place.Tensor.Type}, expected a floating-point type");
        }
    }

    /// <summary>A tied head may be stored beside its embedding, if it is the same.</summary>
    private void CheckTied(string stored, string parameter, CheckpointPart part)
    {
        using var scope = torch.NewDisposeScope();
        var (embeddingPart, embedding) = _places[parameter];
        var head = part.Source.Tensors[stored];
        if (!head.Shape.AsSpan().SequenceEqual(embedding.Shape)
            || !Same(part.Source.Read(stored, copy: false), embeddingPart.Source.Read(embedding.Name, copy: false)))
        {
            throw new InvalidInputException(part.Source.Path, null,
                $"{stored} differs from {embedding.Name}, but config.json ties them; set tie_word_embeddings to false, or drop {stored}");
        }
    }

    /// <summary>
    /// Whether two contiguous tensors hold the same numbers: exactly, or, where they are stored in two types, after the wider one's
    /// are rounded to the narrower.
    /// </summary>
    private static bool Same(torch.Tensor x, torch.Tensor y)
    {
        var narrow = Bits(x.dtype) <= Bits(y.dtype) ? x.dtype : y.dtype;
        var (left, right) = (x.view(-1), y.view(-1));
        for (var at = 0L; at < left.numel(); at += ComparedElements)
        {
            using var scope = torch.NewDisposeScope();
            var count = Math.Min(ComparedElements, left.numel() - at);
            if (!left.narrow(0, at, count).to(narrow).eq(right.narrow(0, at, count).to(narrow)).all().item<bool>()) // Tensor.equal is element-wise
            {
                return false;
            }
        }

        return true;
    }

    private static int Bits(torch.ScalarType type) => SafetensorsType.Of(type).Size;
}
