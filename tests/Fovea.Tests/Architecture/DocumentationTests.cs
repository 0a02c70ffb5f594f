using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Fovea.Tests.Architecture;

/// <summary>
/// What the compiler's CS1591 asks for, but of members that inherit what they are from a base or an interface: tools show that by themselves.
/// </summary>
public sealed class DocumentationTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    // Of a generic type or method, in the page and in reflection alike: `1, ``2.
    private static readonly Regex Arity = new("`+[0-9]+");

    public static TheoryData<string> Libraries => [.. FolderTests.Projects.Select(p => p.Data).Where(p => p != "Fovea.Cli")];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Every_public_member_has_documentation_or_inherits_it(string library)
    {
        var assembly = Assembly.Load(library);
        var page = XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml"));
        var documented = page.Descendants("member").Select(m => Arity.Replace(((string)m.Attribute("name")!).Split('(')[0], "")).ToHashSet();
        Assert.NotEmpty(documented);
        Assert.Empty(assembly.GetExportedTypes().SelectMany(t => MembersOf(t).Prepend($"T:{NameOf(t)}")).Except(documented));
    }

    private static IEnumerable<string> MembersOf(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            yield break;
        }

        var inherited = type.IsInterface ? [] : type.GetInterfaces().SelectMany(i => type.GetInterfaceMap(i).TargetMethods).ToHashSet();
        bool IsOwn(MethodInfo m) => (m.IsPublic || m.IsFamily || m.IsFamilyOrAssembly) && m.GetBaseDefinition() == m && !inherited.Contains(m)
            && !m.Name.Contains('.', StringComparison.Ordinal);
        foreach (var method in type.GetMethods(Declared).Where(m => !m.IsSpecialName && !IsGenerated(m) && IsOwn(m)))
        {
            yield return $"M:{NameOf(type)}.{method.Name}";
        }

        // A record's parameters are documented with the record.
        var parameters = type.GetConstructors().SelectMany(c => c.GetParameters()).Select(p => p.Name).ToHashSet();
        foreach (var property in type.GetProperties(Declared)
            .Where(p => !IsGenerated(p) && p.GetMethod is { } get && IsOwn(get) && p.GetIndexParameters().Length == 0 && !parameters.Contains(p.Name)))
        {
            yield return $"P:{NameOf(type)}.{property.Name}";
        }

        foreach (var field in type.GetFields(Declared).Where(f => f is { IsPublic: true, IsSpecialName: false }))
        {
            yield return $"F:{NameOf(type)}.{field.Name}";
        }
    }

    private static bool IsGenerated(MemberInfo member) =>
        member.IsDefined(typeof(CompilerGeneratedAttribute)) || member.Name.Contains('<', StringComparison.Ordinal);

    private static string NameOf(Type type) => Arity.Replace(type.FullName!.Replace('+', '.'), "");
}
