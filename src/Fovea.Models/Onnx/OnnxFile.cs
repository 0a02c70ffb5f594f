using System.Text;

namespace Fovea.Models.Onnx;

/// <summary>
/// An ONNX file's bytes, looked through before a runtime reads them: what its graph computes, and that it is whole. The fields are those of
/// <c>onnx.proto3</c> (onnx.ai, IR version 10).
/// </summary>
internal sealed class OnnxFile
{
    // ModelProto, GraphProto, NodeProto, AttributeProto, SparseTensorProto, TensorProto and FunctionProto.
    private const int Graph = 7, TrainingInfo = 20, Functions = 25;
    private const int Node = 1, Initializer = 5, Output = 12, SparseInitializer = 15;
    private const int NodeOutput = 2, NodeAttribute = 5;
    private const int AttributeTensor = 5, AttributeGraph = 6, AttributeTensors = 10, AttributeGraphs = 11, AttributeSparse = 22, AttributeSparses = 23;
    private const int SparseValues = 1, SparseIndices = 2;
    private const int ExternalData = 13, DataLocation = 14;
    private const int FunctionNode = 7;
    private const int ValueName = 1;

    // No known graph nests control flow deeper.
    private const int MostNested = 32;
    private readonly string _path;
    private readonly HashSet<string> _outputs = new(StringComparer.Ordinal);
    private readonly List<string> _tensors = [];

    private OnnxFile(string path, byte[] bytes) => (_path, Bytes) = (path, bytes);

    /// <summary>All bytes.</summary>
    public byte[] Bytes { get; }

    /// <summary>What the graph gives by itself.</summary>
    public IReadOnlyCollection<string> Outputs => _outputs;

    /// <summary>All that its nodes compute, in order: each can be made an output.</summary>
    public IReadOnlyList<string> Tensors => _tensors;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidInputException">It is missing, is no ONNX model, or keeps weights in other files.</exception>
    public static OnnxFile Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidInputException(path, null, "not found; expected an ONNX file");
        }

        var file = new OnnxFile(path, RegularFile.ReadAllBytes(path, RegularFile.MaxWhole));
        try
        {
            file.LookThrough();
        }
        catch (InvalidDataException e)
        {
            throw file.NoOnnx(e);
        }

        return file._tensors.Count > 0 ? file : throw file.NoOnnx(null);
    }

    /// <summary>
    /// The model with one of its tensors as an output too. Protobuf merges messages that follow each other, so that a second graph that holds
    /// nothing but the output adds it to the first.
    /// </summary>
    /// <exception cref="InvalidInputException">Nothing computes such a tensor.</exception>
    public byte[] WithOutput(string tensor)
    {
        if (_outputs.Contains(tensor))
        {
            return Bytes;
        }

        if (!_tensors.Contains(tensor, StringComparer.Ordinal))
        {
            throw new InvalidInputException(_path, null, $"no tensor '{tensor}'{NearestName.Hint(tensor, _tensors)}; the graph gives "
                + $"{string.Join(", ", _outputs)}, and the last that its nodes compute are {string.Join(", ", _tensors.TakeLast(8))}");
        }

        return [.. Bytes, .. Message(Graph, Message(Output, Message(ValueName, Encoding.UTF8.GetBytes(tensor))))];
    }

    private static byte[] Message(int field, byte[] content)
    {
        List<byte> bytes = [(byte)((field << 3) | 2)];
        var length = (uint)content.Length;
        for (; length >= 0x80; length >>= 7)
        {
            bytes.Add((byte)(length | 0x80));
        }

        return [.. bytes, (byte)length, .. content];
    }

    private void LookThrough()
    {
        var model = new WireReader(Bytes);
        while (model.Next())
        {
            switch (model.Field)
            {
                case Graph:
                    LookThroughGraph(model.Bytes, 0);
                    break;
                case TrainingInfo:
                    LookThroughTraining(model.Bytes);
                    break;
                case Functions:
                    LookThroughNodes(model.Bytes, FunctionNode, 1);
                    break;
            }
        }
    }

    // Its initialization and its algorithm are graphs (fields 1 and 2).
    private void LookThroughTraining(ReadOnlySpan<byte> training)
    {
        var fields = new WireReader(training);
        while (fields.Next())
        {
            if (fields.Field <= 2)
            {
                LookThroughGraph(fields.Bytes, 1);
            }
        }
    }

    private void LookThroughGraph(ReadOnlySpan<byte> graph, int depth)
    {
        LookThroughNodes(graph, Node, depth);
        var fields = new WireReader(graph);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case Initializer:
                    RefuseOtherFiles(fields.Bytes);
                    break;
                case SparseInitializer:
                    LookThroughSparse(fields.Bytes);
                    break;
                case Output when depth == 0:
                    _outputs.Add(FirstText(fields.Bytes, ValueName));
                    break;
            }
        }
    }

    private void LookThroughNodes(ReadOnlySpan<byte> holder, int field, int depth)
    {
        if (depth > MostNested)
        {
            throw new InvalidDataException();
        }

        var nodes = new WireReader(holder);
        while (nodes.Next())
        {
            if (nodes.Field != field)
            {
                continue;
            }

            var node = new WireReader(nodes.Bytes);
            while (node.Next())
            {
                if (node.Field == NodeOutput && depth == 0 && !node.Bytes.IsEmpty)
                {
                    _tensors.Add(Encoding.UTF8.GetString(node.Bytes));
                }
                else if (node.Field == NodeAttribute)
                {
                    LookThroughAttribute(node.Bytes, depth + 1);
                }
            }
        }
    }

    private void LookThroughAttribute(ReadOnlySpan<byte> attribute, int depth)
    {
        var fields = new WireReader(attribute);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case AttributeTensor or AttributeTensors:
                    RefuseOtherFiles(fields.Bytes);
                    break;
                case AttributeSparse or AttributeSparses:
                    LookThroughSparse(fields.Bytes);
                    break;
                case AttributeGraph or AttributeGraphs:
                    LookThroughGraph(fields.Bytes, depth);
                    break;
            }
        }
    }

    private void LookThroughSparse(ReadOnlySpan<byte> sparse)
    {
        var fields = new WireReader(sparse);
        while (fields.Next())
        {
            if (fields.Field is SparseValues or SparseIndices)
            {
                RefuseOtherFiles(fields.Bytes);
            }
        }
    }

    private void RefuseOtherFiles(ReadOnlySpan<byte> tensor)
    {
        var fields = new WireReader(tensor);
        while (fields.Next())
        {
            if (fields.Field == ExternalData || (fields.Field == DataLocation && fields.Number != 0))
            {
                throw new InvalidInputException(_path, null,
                    "keeps weights in other files, which are not followed; save it as one file (onnx.save_model(model, path, save_as_external_data=False))");
            }
        }
    }

    private static string FirstText(ReadOnlySpan<byte> message, int field)
    {
        var fields = new WireReader(message);
        while (fields.Next())
        {
            if (fields.Field == field)
            {
                return Encoding.UTF8.GetString(fields.Bytes);
            }
        }

        return "";
    }

    private InvalidInputException NoOnnx(Exception? e) => new(_path, null, "not an ONNX model with a graph; expected a file that an exporter wrote", e);
}
